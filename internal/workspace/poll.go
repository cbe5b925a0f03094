package workspace

import (
	"context"
	"math"
	"slices"
	"time"
)

// pollKey is what waits share a poll by. Nothing is shared across projects.
type pollKey struct{ projectID, jobID string }

// poll looks at one job on behalf of all waits for it, until the job is terminal,
// cannot be read, or nobody waits any more. Its fields are guarded by Client.mu; while
// it is looked at, calls, last and tally are changed by that goroutine alone, which may
// read them without.
type poll struct {
	timed // when the next look is due, or was

	key        pollKey
	client     *Client
	dispatcher *dispatcher
	//nolint:containedctx // It is the poll's own: it outlives the call that began it.
	ctx    context.Context
	cancel context.CancelFunc
	waits  []*wait

	// calls were made, before of them ahead of the look that is under way.
	calls, before int
	looking       bool
	// last is the job as last seen, changed when its status was seen to change.
	last    *Job
	changed time.Time
	// at is when the last look ended, or that of another job which failed for both;
	// gap is the time from then to the next one.
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
		p = c.newPoll(ctx, key, now)
	}
	w.poll, w.calls = p, p.calls
	if p.looking {
		w.calls = p.before // The look under way is this wait's, too.
	}
	p.waits = append(p.waits, w)
	p.plan()
	p.dispatcher.dispatch()
	return w
}

func (c *Client) newPoll(ctx context.Context, key pollKey, now time.Time) *poll {
	d := c.dispatchers[key.projectID]
	if d == nil {
		d = &dispatcher{client: c}
		c.dispatchers[key.projectID] = d
	}
	// The poll outlives the caller that began it, if others have joined.
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &poll{
		key: key, client: c, dispatcher: d, ctx: shared, cancel: cancel,
		tally: tally{waiting: true, maxRetries: c.maxRetries, began: now, reached: &c.reached},
	}
	c.polls[key] = p
	return p
}

// leave takes a wait out of its poll, and ends the poll with the last one.
func (c *Client) leave(w *wait) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := w.poll
	p.waits = slices.DeleteFunc(p.waits, func(other *wait) bool { return other == w })
	if len(p.waits) == 0 {
		p.end()
	} else {
		p.plan()
		p.dispatcher.dispatch()
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
	if w.poll.looking || w.poll.place > 0 {
		e.Overdue = max(time.Since(w.poll.due), 0)
	}
	return e, ended
}

// end stops the poll and lets no one join it any more.
func (p *poll) end() {
	if p.ended() {
		return
	}
	delete(p.client.polls, p.key)
	p.dispatcher.queue.remove(p)
	p.cancel()
}

func (p *poll) ended() bool { return p.ctx.Err() != nil }

// plan puts the poll into the queue for its next look: the earliest that any of
// its waits asks for.
func (p *poll) plan() {
	if p.looking || p.ended() {
		return
	}
	p.dispatcher.queue.remove(p)
	var next time.Time
	for _, w := range p.waits {
		if at, wanted := p.nextFor(w); wanted && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if p.due = next; !next.IsZero() {
		p.dispatcher.queue.add(p)
	}
}

// nextFor is when a wait wants the job to be looked at next, if it still does.
func (p *poll) nextFor(w *wait) (time.Time, bool) {
	if p.at.IsZero() {
		return w.joined, true
	}
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
	at := p.at.Add(pause)
	if at.Before(w.joined) {
		at = w.joined
	}
	return at, pause >= 0
}

// look asks for the job once. That it is due is its claim on the budget; the waits'
// timeouts, not patience, bound its time in that queue.
func (p *poll) look() {
	c := p.client
	l, err := c.fetch(p.ctx, p.key.jobID, p.key.projectID, turn{due: p.due, patience: math.MaxInt64, sent: func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		p.calls++
	}})
	if p.ended() {
		return // Nobody waits any more.
	}
	if err != nil {
		pause, again := p.tally.failed(err, time.Now())
		p.logFailure(err, pause, again)
		p.missed(err, pause, again)
		return
	}
	p.logLook(l)
	p.seen(l)
}

// missed takes in that a look brought nothing. A disturbance that is not about the
// job holds for all that wait for their turn, too.
func (p *poll) missed(err error, pause time.Duration, again bool) {
	p.client.mu.Lock()
	defer p.client.mu.Unlock()
	now := time.Now()
	p.looking = false
	p.failed(now, err, pause, again)
	if !p.client.isCommon(err) || meaningOf(err) == fatal {
		return
	}
	for _, other := range slices.Clone(p.dispatcher.queue) { // Each finds another place in it, or none.
		if !other.due.After(now) {
			pause, again := other.tally.failed(err, now)
			other.failed(now, err, pause, again)
		}
	}
}

func (p *poll) failed(now time.Time, err error, pause time.Duration, again bool) {
	p.at, p.cause, p.gap = now, err, pause
	if again {
		p.plan()
	} else {
		p.finish()
	}
}

// seen takes in the job.
func (p *poll) seen(l look) {
	p.client.mu.Lock()
	defer p.client.mu.Unlock()
	now := time.Now()
	p.looking, p.at, p.cause = false, now, nil
	p.tally.answered()
	if p.last == nil || p.last.Status != l.job.Status {
		p.changed = now
	}
	job := l.job // Of the answer, nothing else is kept.
	p.last, p.roundTrip = &job, l.answer.Elapsed
	switch {
	case !l.job.Status.Terminal():
		p.gap = shorten(Gap(p.snapshot(l)))
	case p.wantsConfirmation():
		p.gap = minGap
	default:
		p.finish()
		return
	}
	p.plan()
}

// wantsConfirmation reports a success that contradicts itself, once: a sub-job
// that did not succeed and may still be running. The next look, a second later,
// counts.
func (p *poll) wantsConfirmation() bool {
	job := p.last
	doubtful := job.Status == StatusSuccess && !job.Succeeded() && (len(job.Pending()) > 0 || job.Unlisted() > 0 || job.EndTime == nil)
	first := !p.confirmed
	p.confirmed = p.confirmed || doubtful
	return doubtful && first
}

// finish tells all waits that there will be no further look.
func (p *poll) finish() {
	for _, w := range p.waits {
		close(w.done)
		if p.client.isCommon(p.cause) {
			w.abort(p.cause)
		}
	}
	p.end()
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
