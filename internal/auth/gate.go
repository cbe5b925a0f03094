package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// lock is a mutex whose wait ends with a context.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

func (l lock) acquire(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l lock) release() { <-l }

// gate lets the requests of an untried credential through one by one, and all of
// them once one was accepted. More than five refusals in a row lock a key for
// five minutes (API page of the gateway's 0301 texts), so the first is remembered
// and is the last.
type gate struct {
	open    atomic.Bool
	lock    lock
	refusal *RefusedError // guarded by lock
	// round counts the tries that had no answer at all, the last of which failed so.
	round  atomic.Int64
	failed error // guarded by lock
}

func newGate() *gate { return &gate{lock: newLock()} }

func (g *gate) pass(
	ctx context.Context, call func() (*transport.Response, error),
) (*transport.Response, error) {
	if !g.open.Load() {
		round := g.round.Load()
		if err := g.lock.acquire(ctx); err != nil {
			return nil, fmt.Errorf("waiting for the first answer to this credential: %w", err)
		}
		if !g.open.Load() {
			defer g.lock.release()
			switch {
			case g.refusal != nil:
				return nil, g.refusal
			case g.round.Load() != round:
				return nil, g.failed // That nobody answers holds for all who waited to ask.
			}
			resp, err := call()
			errors.As(err, &g.refusal)
			g.open.Store(isAccepted(err))
			var network *transport.NetworkError
			if errors.As(err, &network) && !network.Begun() {
				g.failed = err
				g.round.Add(1)
			}
			return resp, err
		}
		g.lock.release()
	}
	resp, err := call()
	g.shut(ctx, err)
	return resp, err
}

// shut remembers a refusal of a credential that had been accepted before: IAM's, or
// one that is about the identity. Another may be about one project alone.
func (g *gate) shut(ctx context.Context, err error) {
	if err == nil {
		return
	}
	var refusal *RefusedError
	if errors.As(err, &refusal) && (isBadIdentity(err) || refusal.ProjectID == "") && g.lock.acquire(ctx) == nil {
		g.refusal = refusal
		g.open.Store(false)
		g.lock.release()
	}
}

// isAccepted reports that an outcome proves the credential: an answer that the
// service gives only to those whom it knows.
func isAccepted(err error) bool {
	if err == nil {
		return true
	}
	var status *transport.StatusError
	if !errors.As(err, &status) {
		return false
	}
	return status.Status == http.StatusForbidden && status.Code != "" ||
		status.Status == http.StatusNotFound && !strings.HasPrefix(status.Code, "APIGW.")
}
