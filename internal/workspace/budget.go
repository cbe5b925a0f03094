package workspace

import (
	"context"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

const (
	// workers is how many requests for jobs are under way at a time, a connection
	// for each, and how many goroutines make them for a project.
	workers = transport.Connections
	// burstShare of the limit may go out at once. It is small, so that a plan and
	// the apply after it, two processes, stay inside one window of the service.
	burstShare = 0.1
	// learnedShare of a limit that the service has told is used: others spend, too.
	learnedShare = 0.8
	// Where the service tells no limit, the rate is halved, from at most this many
	// requests a second, and grows back by a step for every so many answers.
	guessedRate   = 10
	slowestRate   = 0.25
	recoveryStep  = 0.1
	recoveryAfter = 20
	// The pause after a 429 is half of the service's window, within these limits.
	shortestPause = 2 * time.Second
	longestPause  = 30 * time.Second
)

// budget admits the requests for jobs of one provider configuration: so many at a
// time, so many a minute, none while the service asks for a pause, and the most
// overdue first.
type budget struct {
	mu       sync.Mutex
	bucket   *rate.Limiter
	ours     rate.Limit // what the user allows
	inFlight int
	queue    queue[*ticket]
	timer    *time.Timer

	// pausedUntil holds for all; pausedBy is the answer that asked for it.
	pausedUntil time.Time
	pausedBy    error
	reacted     time.Time
	guessing    bool
	answers     int
}

func newBudget(requestsPerMinute int) *budget {
	if requestsPerMinute == 0 {
		return &budget{bucket: rate.NewLimiter(rate.Inf, 1), ours: rate.Inf}
	}
	ours := rate.Limit(float64(requestsPerMinute) / 60)
	return &budget{bucket: rate.NewLimiter(ours, burst(float64(requestsPerMinute))), ours: ours}
}

func burst(limit float64) int { return max(int(limit*burstShare), 1) }

// ticket is a request's place in the budget.
type ticket struct {
	timed

	// patience is the longest pause that it sits out.
	patience time.Duration
	ready    chan struct{}
	err      error
	sent     time.Time
}

// acquire waits until a request may be sent. What is due earliest goes first: the
// job whose state is the most overdue. Its ticket must be given to release.
func (b *budget) acquire(ctx context.Context, due time.Time, patience time.Duration) (*ticket, error) {
	t := &ticket{timed: timed{due: due}, patience: patience, ready: make(chan struct{})}
	b.mu.Lock()
	b.queue.add(t)
	b.reject()
	b.admit()
	b.mu.Unlock()
	select {
	case <-t.ready:
		return t, t.err
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case t.place > 0:
		b.queue.remove(t)
	case t.err == nil: // It was admitted in the same moment.
		b.inFlight--
		b.admit()
	}
	return nil, ctx.Err()
}

// release gives the place back, and takes in what the answer says of the limit.
func (b *budget) release(t *ticket, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	var status *transport.StatusError
	switch {
	case errors.As(err, &status) && meaningOf(err) == throttled:
		b.throttle(t, status)
		b.reject()
	case err == nil:
		b.recover()
	}
	b.admit()
}

// admit lets the head of the queue go as long as it may, and comes back when it
// may again.
func (b *budget) admit() {
	for len(b.queue) > 0 && b.inFlight < workers {
		now := time.Now()
		wait := b.pausedUntil.Sub(now)
		if wait <= 0 {
			place := b.bucket.ReserveN(now, 1)
			if wait = place.DelayFrom(now); wait > 0 {
				place.CancelAt(now)
			}
		}
		if wait > 0 {
			b.arm(wait)
			return
		}
		t := b.queue[0]
		b.queue.remove(t)
		t.sent = now
		b.inFlight++
		close(t.ready)
	}
}

func (b *budget) arm(wait time.Duration) {
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.admit()
		})
		return
	}
	b.timer.Reset(wait)
}

// reject turns away those who will not sit out the pause.
func (b *budget) reject() {
	left := time.Until(b.pausedUntil)
	if left <= 0 {
		return
	}
	for _, t := range slices.Clone(b.queue) {
		if t.patience < left {
			b.queue.remove(t)
			t.err = b.pausedBy
			close(t.ready)
		}
	}
}

// throttle pauses all requests, and lowers their rate. Of those that were under
// way together, the first 429 counts.
func (b *budget) throttle(t *ticket, status *transport.StatusError) {
	if t.sent.Before(b.reacted) {
		return
	}
	now := time.Now()
	b.reacted = now
	pause := throttlePause
	if limit, window, ok := parseLimit(status.Message); ok {
		b.guessing = false
		b.setRate(min(b.ours, rate.Limit(learnedShare*limit/window.Seconds())), burst(limit))
		pause = min(max(window/2, shortestPause), longestPause)
	} else {
		b.guessing = true
		b.setRate(max(min(b.bucket.Limit(), guessedRate)/2, slowestRate), 1)
	}
	if asked, ok := retryAfter(status); ok && asked > 0 {
		pause = min(asked, maxRetryAfter)
	}
	b.answers = 0
	b.pausedUntil, b.pausedBy = now.Add(pause), status
}

// recover raises a guessed rate step by step.
func (b *budget) recover() {
	if !b.guessing {
		return
	}
	if b.answers++; b.answers == recoveryAfter {
		b.answers = 0
		b.setRate(b.bucket.Limit()+recoveryStep, 1)
		const rounding = 1e-9
		if b.guessing = b.bucket.Limit() < min(b.ours, guessedRate)-rounding; !b.guessing {
			b.setRate(b.ours, burst(float64(b.ours)*60))
		}
	}
}

func (b *budget) setRate(limit rate.Limit, burst int) {
	now := time.Now()
	b.bucket.SetLimitAt(now, limit)
	b.bucket.SetBurstAt(now, burst)
}

// limitText is in the gateway's throttling message (error code APIGW.0308):
// "... policy user over ratelimit,limit:200,time:1 minute".
var limitText = regexp.MustCompile(`limit:\s*(\d{1,9})\s*,\s*time:\s*(\d{1,9})\s*(second|minute|hour|day)`)

var windows = map[string]time.Duration{
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour,
}

// parseLimit reads how many requests are allowed in what time.
func parseLimit(message string) (limit float64, window time.Duration, ok bool) {
	found := limitText.FindStringSubmatch(message)
	if found == nil {
		return 0, 0, false
	}
	limit, _ = strconv.ParseFloat(found[1], 64)
	count, _ := strconv.ParseInt(found[2], 10, 64)
	unit := windows[found[3]]
	if limit == 0 || count == 0 || count > math.MaxInt64/int64(unit) {
		return 0, 0, false
	}
	return limit, time.Duration(count) * unit, true
}
