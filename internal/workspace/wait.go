package workspace

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
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
	jobs, failures := c.readAll(ctx, []string{id}, o)
	if len(failures) > 0 {
		return Job{}, failures[0]
	}
	return jobs[id], nil
}

// WaitJobs is WaitJob for many jobs at once, each of which costs its own calls
// once, however often it is listed. It goes on until the fate of each is known, or
// a cause that is common to them ends all. The error is a *JobsError.
func (c *Client) WaitJobs(ctx context.Context, ids []string, o ReadOptions) (map[string]Job, error) {
	jobs, failures := c.readAll(ctx, distinct(ids), o)
	if len(failures) > 0 {
		return nil, &JobsError{Failures: failures, Total: len(jobs) + len(failures)}
	}
	return jobs, nil
}

func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		known := seen[id]
		seen[id] = true
		return known
	})
}

// readAll returns the jobs that brought what was asked for, and the errors of the
// others in the order of ids.
func (c *Client) readAll(ctx context.Context, ids []string, o ReadOptions) (map[string]Job, []*Error) {
	results := make([]result, len(ids))
	if o.Timeout > 0 {
		c.waitEach(ctx, ids, o, results)
	} else {
		c.readEach(ctx, ids, o.ProjectID, results)
	}
	jobs := make(map[string]Job, len(ids))
	var failures []*Error
	for i, id := range ids {
		if r := results[i]; r.err != nil {
			failures = append(failures, r.err)
		} else {
			jobs[id] = *r.job
		}
	}
	return jobs, failures
}

type result struct {
	job *Job
	err *Error
}

// waitEach joins the polls of all jobs, and then takes in the results: as all of
// them are needed, their order does not matter.
func (c *Client) waitEach(ctx context.Context, ids []string, o ReadOptions, results []result) {
	began := time.Now()
	timed, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	limited, abort := context.WithCancelCause(timed)
	defer abort(nil)
	waits := make([]*wait, len(ids))
	for i, id := range ids {
		waits[i] = c.join(ctx, abort, pollKey{o.ProjectID, id}, began.Add(o.Timeout), o.Interval)
	}
	for i, w := range waits {
		select {
		case <-w.done:
		case <-limited.Done():
		}
		results[i] = c.result(ctx, limited, w, o)
		c.leave(w)
	}
}

// result judges a wait that has ended, or whose time has, or that another one has
// ended with it.
func (c *Client) result(ctx, limited context.Context, w *wait, o ReadOptions) result {
	e, ended := c.report(w)
	e.Timeout = o.Timeout
	switch {
	case ended && e.Cause != nil:
		e.Outcome = OutcomeUnreadable
	case ended && (o.AllowFailure || e.Last.Succeeded()):
		return result{job: e.Last}
	case ended:
		e.Outcome = OutcomeFailed
	case ctx.Err() != nil:
		e.Outcome = OutcomeInterrupted
	case c.isCommon(context.Cause(limited)):
		e.Outcome, e.Cause = OutcomeUnreadable, context.Cause(limited)
	default:
		e.Outcome = OutcomeTimedOut
	}
	return result{err: e}
}

// readEach reads each job once, by as many workers as requests may be under way.
func (c *Client) readEach(ctx context.Context, ids []string, projectID string, results []result) {
	var (
		next  atomic.Int64
		group sync.WaitGroup
	)
	shared, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	for range min(workers, len(ids)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(ids)); i = next.Add(1) - 1 {
				r := c.read(shared, ids[i], projectID)
				if r.err != nil && ctx.Err() == nil {
					// What has ended one read for a common cause has ended the others.
					if cause := context.Cause(shared); cause != nil {
						r.err.Outcome, r.err.Cause = OutcomeUnreadable, cause
					} else if c.isCommon(r.err.Cause) {
						abort(r.err.Cause)
					}
				}
				results[i] = r
			}
		})
	}
	group.Wait()
}

// read asks for a job once, and again only after transient faults. Its minute
// begins with the first request, as the queue for the budget may be long; where
// there has been none, it began with the read.
func (c *Client) read(ctx context.Context, id, projectID string) result {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	t := tally{maxRetries: c.maxRetries, began: began, reached: &c.reached}
	e := &Error{Outcome: OutcomeUnreadable, JobID: id}
	var minute *time.Timer
	defer func() {
		if minute != nil {
			minute.Stop()
		}
	}()
	mine := turn{due: began, patience: maxReadPause, sent: func() {
		if e.Calls++; minute == nil {
			t.began = time.Now()
			minute = time.AfterFunc(readWithin, cancel)
		}
	}}
	for {
		l, err := c.fetch(limited, id, projectID, mine)
		if err == nil {
			return result{job: &l.job}
		}
		switch {
		case limited.Err() == nil:
			e.Cause = err
		case e.Cause == nil:
			e.Cause = &transport.NetworkError{
				Host: c.endpoint.Host, Fault: transport.FaultTimeout, Detail: "gave up after " + readWithin.String(),
			}
		}
		if minute == nil {
			minute = time.AfterFunc(readWithin-time.Since(began), cancel)
		}
		pause, again := t.failed(err, time.Now())
		if again && time.Since(t.began)+pause < readWithin && sleep(limited, pause) == nil {
			continue
		}
		if ctx.Err() != nil {
			e.Outcome, e.Cause = OutcomeInterrupted, ctx.Err()
		}
		e.Elapsed = time.Since(began)
		return result{err: e}
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
