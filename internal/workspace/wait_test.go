package workspace_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const (
	failed       = simulator.StatusFailed
	success      = simulator.StatusSuccess
	processing   = simulator.StatusProcessing
	initializing = simulator.StatusInitializing
)

// TestWaitJob is the behaviour of a wait, end by end, to the exact time and
// number of calls.
func TestWaitJob(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scenario simulator.Scenario
		options  workspace.ReadOptions
		calls    int
		least    time.Duration
		most     time.Duration
		outcome  workspace.Outcome // "": success
		says     []string
	}{
		"a finished job costs one call and no time": {
			scenario: job(at(0, success)), options: workspace.ReadOptions{Timeout: time.Hour}, calls: 1,
		},
		"a job is followed to its end": {
			scenario: job(at(0, initializing), at(time.Second, processing), at(3*time.Second, success)),
			options:  workspace.ReadOptions{Timeout: time.Hour}, calls: 5,
			least: 3 * time.Second, most: 4 * time.Second,
		},
		"a fixed interval takes the schedule's place": {
			scenario: job(at(0, processing), at(25*time.Second, success)),
			options:  workspace.ReadOptions{Timeout: time.Hour, Interval: 10 * time.Second}, calls: 4,
			least: 30 * time.Second, most: 30 * time.Second,
		},
		"a job that fails is an error": {
			scenario: job(at(0, processing), at(time.Second/2, failed, sub("1", failed))),
			options:  workspace.ReadOptions{Timeout: time.Hour}, calls: 2,
			least: 900 * time.Millisecond, most: time.Second,
			outcome: workspace.OutcomeFailed, says: []string{"failed"},
		},
		"a job that fails is a result where that is allowed": {
			scenario: job(at(0, failed)), options: workspace.ReadOptions{Timeout: time.Hour, AllowFailure: true}, calls: 1,
		},
		"a success with a failed sub-job is an error": {
			scenario: job(at(0, success, sub("1", success), sub("2", failed))),
			options:  workspace.ReadOptions{Timeout: time.Hour}, calls: 1,
			outcome: workspace.OutcomeFailed, says: []string{"not all sub-jobs succeeded"},
		},
		"a success with an unfinished sub-job is looked at once more, a second later": {
			scenario: job(at(0, success, sub("1", processing)), at(time.Second/2, success, sub("1", success))),
			options:  workspace.ReadOptions{Timeout: time.Hour}, calls: 2,
			least: time.Second, most: time.Second,
		},
		"a success with a sub-job that stays unfinished is an error after the second look": {
			scenario: job(at(0, success, sub("1", processing))),
			options:  workspace.ReadOptions{Timeout: time.Hour}, calls: 2,
			least: time.Second, most: time.Second, outcome: workspace.OutcomeFailed,
		},
		"an unknown status is waited on": {
			scenario: job(at(0, 7), at(2*time.Second, success)),
			options:  workspace.ReadOptions{Timeout: time.Hour}, calls: 4,
			least: 2 * time.Second, most: 3 * time.Second,
		},
		"a wait that runs out does so to the second, after one last look": {
			scenario: job(at(0, processing, sub("1", success), sub("2", processing), sub("3", initializing))),
			options:  workspace.ReadOptions{Timeout: 3 * time.Second, Interval: time.Second}, calls: 4,
			least: 3 * time.Second, most: 3 * time.Second,
			outcome: workspace.OutcomeTimedOut, says: []string{"still processing (1 of 3 sub-jobs done)", "3s", "4 calls"},
		},
		"a wait that is shorter than the first gap looks twice": {
			scenario: job(at(0, processing)), options: workspace.ReadOptions{Timeout: time.Second / 2}, calls: 2,
			least: time.Second / 2, most: time.Second / 2, outcome: workspace.OutcomeTimedOut,
		},
		"without a timeout a running job is a result": {
			scenario: job(at(0, processing)), calls: 1,
		},
		"without a timeout a failed job is a result": {
			scenario: job(at(0, failed)), calls: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, c.scenario, nil)
				got, err := b.client.WaitJob(t.Context(), jobID, c.options)
				if took := time.Since(b.start); took < c.least || took > c.most {
					t.Errorf("took %s, want %s to %s", took, c.least, c.most)
				}
				if calls := b.Count(simulator.OperationJob); calls != c.calls {
					t.Errorf("%d calls, want %d", calls, c.calls)
				}
				if c.outcome == "" {
					if err != nil || got.ID != jobID || got.ProjectID != project {
						t.Errorf("got job %q of %q and error %v", got.ID, got.ProjectID, err)
					}
					return
				}
				e := wantError(t, err, c.outcome)
				if e.Calls != c.calls || e.Last == nil || e.JobID != jobID || e.Timeout != c.options.Timeout {
					t.Errorf("the error holds %+v", e)
				}
				for _, text := range c.says {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("%q does not say %q", err, text)
					}
				}
			})
		})
	}
}

func wantError(t *testing.T, err error, outcome workspace.Outcome) *workspace.Error {
	t.Helper()
	var e *workspace.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want one that says %q", err, outcome)
	}
	if e.Outcome != outcome {
		t.Fatalf("got outcome %q (%v), want %q", e.Outcome, err, outcome)
	}
	return e
}

// TestUnreachableAtFirst ends a wait early where nobody answers: the address is
// more likely wrong than the service down.
func TestUnreachableAtFirst(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for name, c := range map[string]struct {
		err     error
		retries int
		calls   int
		took    time.Duration
		fault   transport.Fault
	}{
		"refused":                   {refused, 5, 6, 5750 * time.Millisecond, transport.FaultRefused},
		"refused, no retries":       {refused, 0, 1, 0, transport.FaultRefused},
		"refused, a hundred to try": {refused, 100, 6, 5750 * time.Millisecond, transport.FaultRefused},
		"unknown host":              {&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}, 5, 6, 5750 * time.Millisecond, transport.FaultUnknownHost},
	} {
		for mode, timeout := range map[string]time.Duration{"waiting": time.Hour, "reading": 0} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBubble(t, job(at(0, success)), func(o *settings) { o.MaxRetries = c.retries })
					b.net.fail = func() error { return c.err }
					_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: timeout})
					e := wantError(t, err, workspace.OutcomeUnreadable)
					var network *transport.NetworkError
					if !errors.As(err, &network) || network.Fault != c.fault {
						t.Errorf("got cause %v, want %s", e.Cause, c.fault)
					}
					if took := time.Since(b.start); e.Calls != c.calls || took != c.took {
						t.Errorf("%d calls in %s, want %d in %s", e.Calls, took, c.calls, c.took)
					}
				})
			})
		}
	}
}

// TestDefiniteAnswers end a read and a wait at the first request.
func TestDefiniteAnswers(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"forbidden":       {Status: http.StatusForbidden, Body: `{"error_code":"APIGW.0302","error_msg":"no"}`},
		"bad request":     {Status: http.StatusBadRequest, Body: `{"error_code":"WKS.00211102","error_msg":"no"}`},
		"quota used up":   {Status: http.StatusMethodNotAllowed, Body: `{"error_code":"APIGW.0501","error_msg":"no"}`},
		"a redirect":      {Status: http.StatusFound, Headers: map[string]string{"Location": "https://elsewhere.invalid/"}},
		"wrong identity":  {Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0301","error_msg":"no"}`},
		"expired, static": {Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0307","error_msg":"no"}`},
	} {
		for mode, timeout := range map[string]time.Duration{"waiting": time.Hour, "reading": 0} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBubble(t, job(at(0, success)), nil)
					b.AddFault(fault)
					_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: timeout})
					e := wantError(t, err, workspace.OutcomeUnreadable)
					if calls, took := b.Count(""), time.Since(b.start); calls != 1 || e.Calls != 1 || took != 0 {
						t.Errorf("%d requests (the error says %d) in %s, want one at once", calls, e.Calls, took)
					}
					var refusal *auth.RefusedError
					if errors.As(err, &refusal) != (fault.Status == http.StatusUnauthorized) {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}

// TestPlainReadRetries tries again only what is transient, as often as
// max_retries says, within a minute.
func TestPlainReadRetries(t *testing.T) {
	t.Parallel()
	unavailable := simulator.Fault{Status: http.StatusServiceUnavailable}
	for name, c := range map[string]struct {
		fault   simulator.Fault
		retries int
		calls   int
		took    time.Duration
		ok      bool
	}{
		"two blips are survived":          {fault: with(unavailable, 2), retries: 5, calls: 3, took: 750 * time.Millisecond, ok: true},
		"an outage uses up the retries":   {fault: unavailable, retries: 5, calls: 6, took: 7750 * time.Millisecond},
		"zero retries are none":           {fault: unavailable, retries: 0, calls: 1},
		"throttling uses up no retries":   {fault: with(simulator.Fault{Status: http.StatusTooManyRequests}, 2), retries: 0, calls: 3, took: 10 * time.Second, ok: true},
		"a long Retry-After ends it":      {fault: simulator.Fault{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "31"}}, retries: 5, calls: 1},
		"a short Retry-After is kept":     {fault: with(simulator.Fault{Status: http.StatusServiceUnavailable, Headers: map[string]string{"Retry-After": "7"}}, 1), retries: 5, calls: 2, took: 7 * time.Second, ok: true},
		"a hung server costs a minute":    {fault: simulator.Fault{Hang: true}, retries: 5, calls: 2, took: time.Minute},
		"a missing job is missing now":    {fault: simulator.Fault{Status: http.StatusNotFound}, retries: 5, calls: 1},
		"a 200 without a job is a fault":  {fault: with(simulator.Fault{Body: `{}`}, 1), retries: 1, calls: 2, took: 250 * time.Millisecond, ok: true},
		"an HTML page is a fault":         {fault: with(simulator.Fault{Body: `<html>`}, 1), retries: 1, calls: 2, took: 250 * time.Millisecond, ok: true},
		"a body cut short is a fault":     {fault: with(simulator.Fault{Truncate: 20}, 1), retries: 1, calls: 2, took: 250 * time.Millisecond, ok: true},
		"a lost connection is a fault":    {fault: with(simulator.Fault{Close: true}, 1), retries: 1, calls: 2, took: 250 * time.Millisecond, ok: true},
		"a body too large is a fault":     {fault: with(simulator.Fault{Oversize: transport.MaxBody + 1}, 1), retries: 1, calls: 2, took: 250 * time.Millisecond, ok: true},
		"an unknown status is no fault":   {fault: simulator.Fault{Body: `{"job":{"job_status":9}}`}, retries: 0, calls: 1, ok: true},
		"a job without an id is this one": {fault: simulator.Fault{Body: `{"job":{"job_status":1}}`}, retries: 0, calls: 1, ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, job(at(0, success)), func(o *settings) { o.MaxRetries = c.retries })
				b.AddFault(c.fault)
				_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{})
				if (err == nil) != c.ok {
					t.Fatalf("got error %v", err)
				}
				if calls, took := b.Count(simulator.OperationJob), time.Since(b.start); calls != c.calls || took != c.took {
					t.Errorf("%d calls in %s, want %d in %s", calls, took, c.calls, c.took)
				}
				if !c.ok {
					if e := wantError(t, err, workspace.OutcomeUnreadable); e.Calls != c.calls {
						t.Errorf("the error says %d calls, want %d", e.Calls, c.calls)
					}
				}
			})
		})
	}
}

func with(f simulator.Fault, times int) simulator.Fault {
	f.Times = times
	return f
}

// TestInterrupt ends a read at once wherever it is, and is told from a time-out.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   simulator.Fault
		timeout time.Duration
	}{
		"while sleeping between looks":  {timeout: time.Hour},
		"in a hung request":             {fault: simulator.Fault{Hang: true}, timeout: time.Hour},
		"in a body that drips":          {fault: simulator.Fault{Drip: simulator.Duration(time.Minute)}, timeout: time.Hour},
		"in a pause for throttling":     {fault: simulator.Fault{Status: http.StatusTooManyRequests}, timeout: time.Hour},
		"in a hung request, plain read": {fault: simulator.Fault{Hang: true}},
		"in a retry, plain read":        {fault: simulator.Fault{Status: http.StatusTooManyRequests}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, job(at(0, processing)), nil)
				if name != "while sleeping between looks" {
					b.AddFault(c.fault)
				}
				ctx, cancel := context.WithCancel(t.Context())
				const after = 1500 * time.Millisecond
				time.AfterFunc(after, cancel)
				_, err := b.client.WaitJob(ctx, jobID, workspace.ReadOptions{Timeout: c.timeout})
				_ = wantError(t, err, workspace.OutcomeInterrupted)
				if took := time.Since(b.start); took != after {
					t.Errorf("ended %s after the interrupt", took-after)
				}
			})
		})
	}
}
