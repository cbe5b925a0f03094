package workspace

import (
	"context"
	"time"
)

// readWithin bounds a plain read, retries included.
const readWithin = 60 * time.Second

// ReadOptions say which job is read, and how.
type ReadOptions struct {
	// ProjectID is the job's project; empty: the session's default.
	ProjectID string
	// Timeout bounds a wait; 0: the job is read once, whatever its status.
	Timeout time.Duration
	// Interval is a fixed time between looks; 0: the schedule's.
	Interval time.Duration
	// AllowFailure makes the end of a waited job a result, whatever it is.
	AllowFailure bool
}

// WaitJob reads a job. With a timeout it waits until the job is terminal, and a
// job that did not succeed is then an error, unless failure is allowed. The error
// is an *Error with all that was seen.
func (c *Client) WaitJob(ctx context.Context, id string, o ReadOptions) (Job, error) {
	if o.Timeout == 0 {
		return c.read(ctx, id, o.ProjectID)
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	w := c.join(ctx, pollKey{o.ProjectID, id}, began.Add(o.Timeout), o.Interval)
	defer c.leave(w)

	select {
	case <-w.done:
	case <-limited.Done():
	}
	e, ended := c.report(w)
	e.JobID, e.Timeout, e.Elapsed = id, o.Timeout, time.Since(began)
	switch {
	case ended && e.Cause != nil:
		e.Outcome = OutcomeUnreadable
	case ended && (o.AllowFailure || e.Last.Succeeded()):
		return *e.Last, nil
	case ended:
		e.Outcome = OutcomeFailed
	case ctx.Err() != nil:
		e.Outcome = OutcomeInterrupted
	default:
		e.Outcome = OutcomeTimedOut
	}
	return Job{}, e
}

// read asks for a job once, and again only after transient faults. Its minute
// begins with the first request: the queue before it may be long.
func (c *Client) read(ctx context.Context, id, projectID string) (Job, error) {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	t := tally{maxRetries: c.maxRetries, began: began}
	e := &Error{Outcome: OutcomeUnreadable, JobID: id}
	var minute *time.Timer
	defer func() {
		if minute != nil {
			minute.Stop()
		}
	}()
	mine := turn{due: began, patience: maxReadPause, sent: func() {
		if e.Calls++; e.Calls == 1 {
			t.began = time.Now()
			minute = time.AfterFunc(readWithin, cancel)
		}
	}}
	for {
		l, err := c.get(limited, id, projectID, mine)
		if err == nil {
			return l.job, nil
		}
		if limited.Err() == nil || e.Cause == nil {
			e.Cause = err
		}
		pause, again := t.failed(err, time.Now())
		if again && time.Since(t.began)+pause < readWithin && sleep(limited, pause) == nil {
			continue
		}
		if ctx.Err() != nil {
			e.Outcome, e.Cause = OutcomeInterrupted, ctx.Err()
		}
		e.Elapsed = time.Since(began)
		return Job{}, e
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
