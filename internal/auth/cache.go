package auth

import (
	"context"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// lease is something that was issued for a time.
type lease[T comparable] struct {
	value T
	// renew and end are on this machine's clock.
	renew, end time.Time
}

// cache keeps a lease and renews it, once for all that wait for it.
type cache[T comparable] struct {
	lock    lock
	lease   lease[T]
	failure error // an answer that asking again would not change
	fetch   func(context.Context) (lease[T], error)
}

func newCache[T comparable](fetch func(context.Context) (lease[T], error)) *cache[T] {
	return &cache[T]{lock: newLock(), fetch: fetch}
}

// get returns what is held and good, or fetches it. What isRefused reports of is
// no good any more.
func (c *cache[T]) get(ctx context.Context, isRefused func(T) bool) (T, error) {
	var none T
	if err := c.lock.acquire(ctx); err != nil {
		return none, err
	}
	defer c.lock.release()
	if c.failure != nil {
		return none, c.failure
	}
	if isRefused(c.lease.value) {
		c.lease = lease[T]{end: c.lease.end} // That there was one still counts.
	}
	if c.lease.value != none && !reached(c.lease.renew) {
		return c.lease.value, nil
	}
	good := c.lease.value != none && !reached(c.lease.end)
	limited, cancel := ctx, context.CancelFunc(func() {})
	if good {
		limited, cancel = context.WithTimeout(ctx, earlyRenewal)
	}
	fresh, err := c.fetch(limited)
	cancel()
	switch {
	case err == nil:
		c.lease = fresh
	case ctx.Err() == nil && good:
		// IAM is down, and what is held still good.
		c.lease.renew = time.Now().Add(min(renewalPause, time.Until(c.lease.end)))
	case isDefinite(err) && c.lease.end.IsZero():
		c.failure = err
		return none, err
	default:
		return none, err
	}
	return c.lease.value, nil
}

// reached goes by the monotonic clock and by the wall clock: the one stands still
// while a laptop sleeps, the other may be set back.
func reached(at time.Time) bool {
	now := time.Now()
	return !now.Before(at) || !now.Round(0).Before(at.Round(0))
}

// renewBefore is how long before its end a lease is renewed, at most a tenth of
// its life.
const renewBefore = 5 * time.Minute

const (
	// earlyRenewal bounds a renewal that could wait: readers are queueing for it.
	earlyRenewal = 10 * time.Second
	// renewalPause is the time to the next try after one that failed.
	renewalPause = 30 * time.Second
)

// leased dates what an answer issued. The life is counted by the server's clock,
// so that one that is off here does not matter.
func leased[T comparable](value T, answer *transport.Response, expires time.Time) lease[T] {
	now := time.Now()
	issued := answer.Date()
	if issued.IsZero() {
		issued = now
	}
	life := expires.Sub(issued)
	if life <= 0 {
		life = time.Hour // It says nothing usable; a 401 would show that it has ended.
	}
	end := now.Add(life)
	return lease[T]{value: value, renew: end.Add(-min(renewBefore, life/10)), end: end}
}
