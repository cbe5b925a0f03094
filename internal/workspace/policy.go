package workspace

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// meaning is what a failed request says of the next one.
type meaning int

const (
	// fatal: the next one would fail alike.
	fatal meaning = iota
	// transient: the service, or the way to it, is disturbed.
	transient
	// unreachable: nobody answers at that address, which may be a wrong one.
	unreachable
	// throttled: too many requests.
	throttled
	// missing: the service does not know the job, or not yet.
	missing
)

// meaningOf is the one place that decides what an error means.
func meaningOf(err error) meaning {
	var (
		refused *auth.RefusedError
		setup   *auth.SetupError
		iam     *auth.IAMError
		network *transport.NetworkError
		status  *transport.StatusError
		answer  *AnswerError
	)
	switch {
	case errors.As(err, &refused), errors.As(err, &setup):
		return fatal
	case errors.As(err, &network):
		return faults[network.Fault]
	case errors.As(err, &status):
		m := meaningOfStatus(status)
		if errors.As(err, &iam) && m == missing {
			return fatal // IAM's 404 is not about the job.
		}
		return m
	case errors.As(err, &answer), errors.As(err, &iam):
		return transient
	}
	return fatal
}

var faults = map[transport.Fault]meaning{
	transport.FaultRefused:     unreachable,
	transport.FaultUnknownHost: unreachable,
	transport.FaultTLS:         fatal,
	transport.FaultProxy:       fatal,
	transport.FaultTimeout:     transient,
	transport.FaultConnection:  transient,
	transport.FaultBody:        transient,
	transport.FaultTooLarge:    transient,
}

// notFoundCodes are the codes with which a 400 says that the job is not known.
// None has been seen of this API yet; its neighbours do so.
var notFoundCodes = map[string]bool{}

func meaningOfStatus(e *transport.StatusError) meaning {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return throttled
	case e.Status == http.StatusRequestTimeout, e.Status == http.StatusTooEarly,
		e.Status >= http.StatusInternalServerError:
		return transient
	case e.Status == http.StatusNotFound && e.Code != codeNoAPI,
		e.Status == http.StatusBadRequest && notFoundCodes[e.Code]:
		return missing
	}
	return fatal
}

// isCommon reports a cause that is not about one job: the same would meet every
// other in the same read.
func (c *Client) isCommon(err error) bool {
	if err == nil {
		return false
	}
	var (
		refused *auth.RefusedError
		setup   *auth.SetupError
		iam     *auth.IAMError
		network *transport.NetworkError
		status  *transport.StatusError
	)
	switch {
	case errors.As(err, &refused), errors.As(err, &setup), errors.As(err, &iam):
		return true
	case errors.As(err, &network):
		return faults[network.Fault] == fatal || !c.reached.Load()
	case errors.As(err, &status):
		return status.Status == http.StatusForbidden || IsGone(status)
	}
	return false
}

// IsMissing reports an answer that says that the job is not known.
func IsMissing(e *transport.StatusError) bool { return meaningOfStatus(e) == missing }

// codeNoAPI is the gateway's code for an API that does not exist (its page of
// error codes): not the job is missing, but the endpoint is wrong or the API gone.
const codeNoAPI = "APIGW.0101"

const (
	// reachWithin bounds the tries to reach an address that nobody has answered at.
	reachWithin   = 7 * time.Second
	reachBackoff  = 2 * time.Second
	throttlePause = 5 * time.Second
	// A job may not be visible at once, and one node may lag behind another.
	invisibleFor = 90 * time.Second
	missingTimes = 3
	missingFor   = 10 * time.Second
	// What the service asks for is honoured up to these limits.
	maxRetryAfter = 5 * time.Minute
	maxReadPause  = 30 * time.Second
)

// tally decides, error by error, whether a read goes on.
type tally struct {
	// waiting: transient faults are waited out; otherwise maxRetries bounds them.
	waiting    bool
	maxRetries int
	began      time.Time

	// reached: the service has answered this client, if not this read.
	reached *atomic.Bool

	seen         bool      // an answer has held the job
	failures     int       // in a row
	lostSince    time.Time // nobody has answered at the address since then
	retries      int
	missing      int // in a row
	missingSince time.Time
}

func (t *tally) answered() {
	*t = tally{waiting: t.waiting, maxRetries: t.maxRetries, began: t.began, reached: t.reached, seen: true}
}

// failed returns the pause before the next try, and false when there shall be
// none.
func (t *tally) failed(err error, now time.Time) (time.Duration, bool) {
	m := meaningOf(err)
	t.failures++
	pause := backoff(t.failures)
	if m != missing {
		t.missing = 0
	}
	switch m {
	case fatal:
		return 0, false
	case throttled:
		pause = throttlePause
	case missing:
		if t.missing == 0 {
			t.missingSince = now
		}
		t.missing++
		return pause, t.waiting && (now.Sub(t.began) < invisibleFor ||
			t.missing < missingTimes || now.Sub(t.missingSince) < missingFor)
	case unreachable, transient:
		known := t.seen || t.reached.Load()
		endless := t.waiting && (known || m == transient)
		if !endless {
			if t.retries == t.maxRetries {
				return 0, false
			}
			t.retries++
		}
		if m == unreachable && !known {
			if t.lostSince.IsZero() {
				t.lostSince = now
			}
			pause = min(pause, reachBackoff)
			if now.Add(pause).Sub(t.lostSince) > reachWithin {
				return 0, false
			}
		}
	}
	if asked, ok := retryAfter(err); ok {
		if !t.waiting && asked > maxReadPause {
			return 0, false
		}
		pause = max(pause, min(asked, maxRetryAfter))
	}
	return pause, true
}

// retryAfter is how long the service asks to be left alone.
func retryAfter(err error) (time.Duration, bool) {
	var status *transport.StatusError
	if !errors.As(err, &status) {
		return 0, false
	}
	return parseRetryAfter(status.RetryAfter, status.Date)
}

// parseRetryAfter reads seconds, or any of HTTP's three date formats relative to
// the server's own clock. What lies in the past asks for no pause.
func parseRetryAfter(header string, date time.Time) (time.Duration, bool) {
	header = strings.TrimSpace(header)
	// Out of range, ParseInt still gives the nearest number.
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second)+1)) * time.Second, true
	}
	at, err := http.ParseTime(header)
	if err != nil || date.IsZero() {
		return 0, false
	}
	return max(at.Sub(date), 0), true
}
