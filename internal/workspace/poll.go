package workspace

import (
	"context"
	"math"
	"time"
)

// pollKey is what waits share a poll by. Nothing is shared across projects.
type pollKey struct{ projectID, jobID string }

// poll looks at one job on behalf of all waits for it, until the job is terminal,
// cannot be read, or nobody waits any more. Its fields are guarded by Client.mu.
type poll struct {
	client *Client
	key    pollKey
	cancel context.CancelFunc
	wake   chan struct{}
	waits  map[*wait]bool

	// calls were made, before of them ahead of the look that is under way.
	calls, before int
	looking       bool
	begun         time.Time // the last look
	// last is the job as last seen, changed when its status was seen to change.
	last    *Job
	changed time.Time
	// at is when the last look ended, gap the time from then to the next one.
	at        time.Time
	gap       time.Duration
	roundTrip time.Duration
	cause     error
	tally     tally
	confirmed bool
}

// wait is one caller's share in a poll.
type wait struct {
	poll     *poll
	joined   time.Time
	deadline time.Time
	interval time.Duration
	calls    int // of the poll, when this wait joined
	done     chan struct{}
	// abort ends the waits of the same read, for a cause that is common to them.
	abort context.CancelCauseFunc
}

// join adds a wait to the poll of a job, and starts the poll where there is none.
func (c *Client) join(
	ctx context.Context, abort context.CancelCauseFunc, key pollKey, deadline time.Time, interval time.Duration,
) *wait {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	w := &wait{joined: now, deadline: deadline, interval: interval, done: make(chan struct{}), abort: abort}
	p := c.polls[key]
	if p == nil {
		// The poll outlives the caller that began it, if others have joined.
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p = &poll{
			client: c, key: key, cancel: cancel,
			wake: make(chan struct{}, 1), waits: make(map[*wait]bool),
			tally: tally{waiting: true, maxRetries: c.maxRetries, began: now, reached: &c.reached},
		}
		c.polls[key] = p
		go p.run(shared)
	}
	w.poll, w.calls = p, p.calls
	if p.looking {
		w.calls = p.before // The look under way is this wait's, too.
	}
	p.waits[w] = true
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return w
}

// leave takes a wait out of its poll, and ends the poll with the last one.
func (c *Client) leave(w *wait) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := w.poll
	delete(p.waits, w)
	if len(p.waits) == 0 {
		p.end()
	}
}

// report is what a wait's poll has seen, and whether there is no more to see.
func (c *Client) report(w *wait) (e *Error, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-w.done:
		ended = true
	default:
	}
	e = &Error{
		JobID: w.poll.key.jobID, Last: w.poll.last, Cause: w.poll.cause,
		Calls: w.poll.calls - w.calls, Elapsed: time.Since(w.joined),
	}
	if ended {
		e.Elapsed = w.poll.at.Sub(w.joined)
	}
	if e.Last != nil {
		e.SinceChange = time.Since(w.poll.changed)
	}
	if w.poll.looking {
		e.Overdue = time.Since(w.poll.begun)
	}
	return e, ended
}

// end stops the poll and lets no one join it any more.
func (p *poll) end() {
	if p.client.polls[p.key] == p {
		delete(p.client.polls, p.key)
	}
	p.cancel()
}

func (p *poll) run(ctx context.Context) {
	for {
		l, err := p.client.fetch(ctx, p.key.jobID, p.key.projectID, p.begin())
		if ctx.Err() != nil {
			return
		}
		if p.observe(ctx, l, err) {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-p.wake:
			case <-p.due():
				waiting = false
			}
		}
	}
}

// begin starts a look. Being due since the last one asked for it is its claim on
// the budget; the wait's timeout, not patience, bounds its time in the queue.
func (p *poll) begin() turn {
	p.client.mu.Lock()
	defer p.client.mu.Unlock()
	p.looking, p.begun, p.before = true, time.Now(), p.calls
	return turn{due: p.begun, patience: math.MaxInt64, sent: func() {
		p.client.mu.Lock()
		defer p.client.mu.Unlock()
		p.calls++
	}}
}

// observe takes in the outcome of a look, and reports whether it was the last.
func (p *poll) observe(ctx context.Context, l look, err error) bool {
	c := p.client
	c.mu.Lock()
	defer c.mu.Unlock()
	p.looking = false
	p.at = time.Now()
	p.cause = err
	if err != nil {
		pause, again := p.tally.failed(err, p.at)
		p.gap = pause
		p.logFailure(ctx, err, pause, again)
		return !again && p.finish()
	}
	p.tally.answered()
	p.logLook(ctx, l)
	if p.last == nil || p.last.Status != l.job.Status {
		p.changed = p.at
	}
	p.last, p.roundTrip = &l.job, l.answer.Elapsed
	if l.job.Status.Terminal() && !p.wantsConfirmation() {
		return p.finish()
	}
	if !l.job.Status.Terminal() {
		p.gap = shorten(Gap(p.snapshot(l)))
	}
	return false
}

// wantsConfirmation reports a success that contradicts itself, once: a sub-job
// that did not succeed and may still be running. The next look, a second later,
// counts.
func (p *poll) wantsConfirmation() bool {
	job := p.last
	doubtful := job.Status == StatusSuccess && !job.Succeeded() && (len(job.Pending()) > 0 || job.Unlisted() > 0 || job.EndTime == nil)
	if !doubtful || p.confirmed {
		return false
	}
	p.confirmed = true
	p.gap = minGap
	return true
}

// finish tells all waits that there will be no further look.
func (p *poll) finish() bool {
	for w := range p.waits {
		close(w.done)
		if p.client.isCommon(p.cause) {
			w.abort(p.cause)
		}
	}
	p.end()
	return true
}

// due fires at the next look: the earliest that any of the waits asks for.
func (p *poll) due() <-chan time.Time {
	p.client.mu.Lock()
	defer p.client.mu.Unlock()
	var next time.Time
	for w := range p.waits {
		gap := p.gap
		switch {
		case p.cause != nil:
			// A disturbed service sets the pace.
		case w.joined.After(p.at):
			gap = minGap
		case w.interval > 0 && !p.last.Status.Terminal():
			gap = w.interval
		}
		pause := nextLook(gap, w.deadline.Sub(p.at), p.roundTrip)
		if at := p.at.Add(pause); pause >= 0 && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// snapshot is what the schedule goes by. The age is told by the server's clock
// alone, Date less begin_time, so that it is right whatever the clock here says;
// without it, it is the time since the first look.
func (p *poll) snapshot(l look) Snapshot {
	s := Snapshot{
		Age:     p.at.Sub(p.tally.began),
		SubJobs: len(l.job.SubJobs), Pending: len(l.job.Pending()),
	}
	begin, ok := parseTime(l.job.BeginTime)
	date := l.answer.Date()
	if !ok || date.IsZero() {
		return s
	}
	s.Age = max(s.Age, date.Sub(begin))
	if expected, ok := parseTime(l.job.ExpectedEndTime); ok {
		s.ExpectedAge = expected.Sub(begin)
	}
	return s
}

func parseTime(text *string) (time.Time, bool) {
	if text == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, *text)
	return at, err == nil
}
