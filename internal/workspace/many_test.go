package workspace_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limited gives the client the default limit of its own.
func limited(o *settings) { o.RequestsPerMinute = 160 }

// jobs are so many jobs, each of which ends after the time that length gives.
func jobs(count int, length func(i int) time.Duration) (s simulator.Scenario, ids []string) {
	for i := range count {
		id := fmt.Sprintf("57576827744419%04d", i)
		ids = append(ids, id)
		s.Jobs = append(s.Jobs, simulator.Job{
			ID: id, Phases: []simulator.Phase{at(0, processing), at(length(i), success)},
		})
	}
	return s, ids
}

// all waits for all ids at once, and returns the errors by id.
func (b *bubble) all(ctx context.Context, ids []string, o workspace.ReadOptions) map[string]error {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed = make(map[string]error)
	)
	for _, id := range ids {
		group.Go(func() {
			if _, err := b.client.WaitJob(ctx, id, o); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[id] = err
			}
		})
	}
	group.Wait()
	return failed
}

// waitMeanwhile waits for jobs until stop is called. None of them ends before.
func (b *bubble) waitMeanwhile(t *testing.T, ids []string, o workspace.ReadOptions) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := b.client.WaitJobs(ctx, ids, o)
		ended <- err
	}()
	return func() {
		cancel()
		var many *workspace.JobsError
		if err := <-ended; !errors.As(err, &many) || len(many.Failures) != len(ids) {
			t.Errorf("got %v", err)
		}
	}
}

func (b *bubble) answered(status int) (count int) {
	for _, r := range b.Requests() {
		if r.Status == status {
			count++
		}
	}
	return count
}

// TestHundredWaits stay inside what the service allows, whether the client was
// told of the limit or learns it.
func TestHundredWaits(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settings){
		"with the default limit": limited,
		"with no limit of ours":  nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario, ids := jobs(100, func(i int) time.Duration { return time.Duration(30+6*i) * time.Second })
				scenario.Throttle = &simulator.Throttle{Limit: 200, Window: simulator.Duration(time.Minute)}
				b := newBubble(t, scenario, change)
				if failed := b.all(t.Context(), ids, workspace.ReadOptions{Timeout: time.Hour}); len(failed) > 0 {
					t.Errorf("%d waits failed: %v", len(failed), failed)
				}
				// What goes out together is refused together; that is one refusal.
				waves, last := 0, time.Time{}
				for _, r := range b.Requests() {
					if r.Status == http.StatusTooManyRequests && r.Time.After(last.Add(time.Second)) {
						waves, last = waves+1, r.Time
					}
				}
				if waves > 2 || change != nil && b.answered(http.StatusTooManyRequests) > 2 {
					t.Errorf("throttled %d times, %d requests", waves, b.answered(http.StatusTooManyRequests))
				}
				if took := time.Since(b.start); took > 700*time.Second {
					t.Errorf("took %s for jobs of up to 624 s", took)
				}
			})
		})
	}
}

// TestLimitIsKept counts requests in every minute of a crowded start.
func TestLimitIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(500, func(int) time.Duration { return 10 * time.Minute })
		b := newBubble(t, scenario, limited)
		b.all(t.Context(), ids, workspace.ReadOptions{Timeout: 5 * time.Minute})
		minutes := make(map[int]int)
		for _, r := range b.Requests() {
			minutes[int(r.Time.Sub(b.start)/time.Minute)]++
		}
		for minute := range 5 {
			if got := minutes[minute]; got > 176 || got < 155 {
				t.Errorf("%d requests in minute %d, want about 160", got, minute)
			}
		}
	})
}

// TestStalestFirst: under a tight budget, a job that was never seen goes before
// one that was seen a moment ago.
func TestStalestFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(60, func(int) time.Duration { return time.Hour })
		b := newBubble(t, scenario, limited)
		b.all(t.Context(), ids, workspace.ReadOptions{Timeout: time.Minute})
		seen := make(map[string]bool)
		for i, r := range b.Requests()[:60] {
			if seen[r.JobID] {
				t.Fatalf("request %d looks at %s again before all were seen once", i, r.JobID)
			}
			seen[r.JobID] = true
		}
	})
}

// TestSharedWaits: waits for the same job that overlap cost the calls of one.
func TestSharedWaits(t *testing.T) {
	t.Parallel()
	calls := func(t *testing.T, waits int) (count int) {
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, job(at(0, processing), at(65*time.Second, success)), nil)
			ids := make([]string, waits)
			for i := range ids {
				ids[i] = jobID
			}
			// A fixed interval, because jitter moves a call across the end.
			o := workspace.ReadOptions{Timeout: time.Hour, Interval: 10 * time.Second}
			if failed := b.all(t.Context(), ids, o); len(failed) > 0 {
				t.Error(failed)
			}
			count = b.Count(simulator.OperationJob)
		})
		return count
	}
	if one, five := calls(t, 1), calls(t, 5); one != 8 || five != one {
		t.Errorf("one wait: %d calls; five: %d; want 8 each", one, five)
	}
}

// TestSharedWaitsKeepTheirOwn timeouts, interrupts and intervals; a later one is
// served at once; plain reads and other projects share nothing.
func TestSharedWaitsKeepTheirOwn(t *testing.T) {
	t.Parallel()
	const s = time.Second
	slow := job(at(0, processing), at(100*s, success))
	start := func(b *bubble, ctx context.Context, after time.Duration, o workspace.ReadOptions) func() (time.Duration, error) {
		var took time.Duration
		var err error
		done := make(chan struct{})
		time.AfterFunc(after, func() {
			defer close(done)
			_, err = b.client.WaitJob(ctx, jobID, o)
			took = time.Since(b.start)
		})
		return func() (time.Duration, error) { <-done; return took, err }
	}
	long := workspace.ReadOptions{Timeout: time.Hour, Interval: 30 * s}

	t.Run("timeouts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, slow, nil)
			first := start(b, t.Context(), 0, workspace.ReadOptions{Timeout: 25 * s, Interval: 30 * s})
			second := start(b, t.Context(), 0, long)
			took, err := first()
			if e := wantError(t, err, workspace.OutcomeTimedOut); took != 25*s || e.Calls != 2 {
				t.Errorf("the first ended after %s and %d calls", took, e.Calls)
			}
			// Looks at 0, 24.9 (the first wait's last), 54.9, 84.9 and 114.9 s.
			if took, err := second(); err != nil || took != 114900*time.Millisecond || b.Count("") != 5 {
				t.Errorf("the second ended after %s and %d calls with %v", took, b.Count(""), err)
			}
		})
	})
	t.Run("interrupts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, slow, nil)
			ctx, cancel := context.WithCancel(t.Context())
			first := start(b, ctx, 0, long)
			second := start(b, t.Context(), s, long)
			time.AfterFunc(10*s, cancel)
			took, err := first()
			if _ = wantError(t, err, workspace.OutcomeInterrupted); took != 10*s {
				t.Errorf("the first ended after %s", took)
			}
			// Looks at 0, 1 (the second wait's first), 31, 61, 91 and 121 s.
			if took, err := second(); err != nil || took != 121*s || b.Count("") != 6 {
				t.Errorf("the second ended after %s and %d calls with %v", took, b.Count(""), err)
			}
		})
	})
	t.Run("intervals: the shortest sets the pace", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, slow, nil)
			first := start(b, t.Context(), 0, long)
			second := start(b, t.Context(), 0, workspace.ReadOptions{Timeout: time.Hour, Interval: 7 * s})
			for _, end := range []func() (time.Duration, error){first, second} {
				if took, err := end(); err != nil || took != 105*s {
					t.Errorf("ended after %s with %v", took, err)
				}
			}
			if b.Count("") != 16 {
				t.Errorf("%d calls", b.Count(""))
			}
		})
	})
	t.Run("plain reads ask for themselves", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, slow, nil)
			b.all(t.Context(), []string{jobID, jobID, jobID}, workspace.ReadOptions{})
			if b.Count("") != 3 {
				t.Errorf("%d calls for three reads", b.Count(""))
			}
		})
	})
	t.Run("projects are kept apart", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, slow, nil)
			first := start(b, t.Context(), 0, workspace.ReadOptions{Timeout: s, ProjectID: project})
			second := start(b, t.Context(), 0, workspace.ReadOptions{Timeout: s, ProjectID: "another"})
			_, err := first()
			_ = wantError(t, err, workspace.OutcomeTimedOut)
			_, err = second()
			var refused *auth.RefusedError
			if !errors.As(err, &refused) || refused.ProjectID != "another" {
				t.Errorf("got %v", err)
			}
		})
	})
}

// TestProjectsDoNotWaitForEachOther: IAM has no token for one project, and the job
// of the other is looked at in time.
func TestProjectsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(40, func(int) time.Duration { return time.Minute })
		const other = "f3a1c7d2b4e5408f9a6b7c8d9e0f1a2b"
		scenario.Projects = []simulator.Project{{ID: other, Name: "cn-north-4_other"}}
		for i := range scenario.Jobs {
			scenario.Jobs[i].ProjectID = other
		}
		scenario.Jobs = append(scenario.Jobs, simulator.Job{
			ID: jobID, ProjectID: project, Phases: []simulator.Phase{at(0, processing), at(62*time.Second, success)},
		})
		b := newBubble(t, scenario, signedInBy(auth.Password{UserName: "reader", DomainName: "account", Password: password}))
		stuck := make(chan error)
		time.AfterFunc(time.Second, func() {
			b.AddFault(simulator.Fault{On: simulator.OperationToken, Hang: true})
			_, err := b.client.WaitJobs(t.Context(), ids, workspace.ReadOptions{Timeout: 2 * time.Minute, ProjectID: other})
			stuck <- err
		})
		_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: time.Hour, Interval: 5 * time.Second})
		if took := time.Since(b.start); err != nil || took != 65*time.Second {
			t.Errorf("ended after %s with %v", took, err)
		}
		var many *workspace.JobsError
		if err := <-stuck; !errors.As(err, &many) || len(many.Failures) != 40 {
			t.Errorf("got %v", err)
		}
	})
}

// TestOneReadsCauseIsNotAnothers: the service denies one job of many, each of which
// is waited for by itself.
func TestOneReadsCauseIsNotAnothers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(60, func(int) time.Duration { return time.Minute })
		b := newBubble(t, scenario, limited)
		b.AddFault(simulator.Fault{JobID: ids[0], Status: http.StatusForbidden, Body: `{"error_code":"WKS.00081102"}`})
		failed := b.all(t.Context(), ids, workspace.ReadOptions{Timeout: time.Hour})
		if len(failed) != 1 || failed[ids[0]] == nil {
			t.Errorf("%d waits failed: %v", len(failed), failed)
		}
	})
}

// TestAnAnswerThatBreaksOffIsAboutOneJob, also if it is the first of all.
func TestAnAnswerThatBreaksOffIsAboutOneJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(20, func(int) time.Duration { return time.Minute })
		b := newBubble(t, scenario, func(o *settings) { o.MaxRetries = 0 })
		b.AddFault(simulator.Fault{JobID: ids[0], Truncate: 10})
		_, err := b.client.WaitJobs(t.Context(), ids, workspace.ReadOptions{})
		var many *workspace.JobsError
		if !errors.As(err, &many) || len(many.Failures) != 1 || many.Failures[0].JobID != ids[0] {
			t.Errorf("got %v", err)
		}
	})
}

// TestOverdue is counted from when this wait wanted the look, not from when another
// one could have had it.
func TestOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, job(at(0, processing)), nil)
		b.AddFault(simulator.Fault{Skip: 1, Hang: true})
		stop := b.waitMeanwhile(t, []string{jobID}, workspace.ReadOptions{Timeout: time.Hour, Interval: time.Minute})
		<-time.After(50 * time.Second)
		_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: 10 * time.Second})
		if e := wantError(t, err, workspace.OutcomeTimedOut); e.Overdue != 10*time.Second || e.Elapsed != 10*time.Second {
			t.Errorf("overdue for %s after %s", e.Overdue, e.Elapsed)
		}
		stop()
	})
}

// TestWaitsKeepNoAnswers: between two looks, the job is all that is left of an answer.
//
//nolint:paralleltest // It looks at the memory of the whole process.
func TestWaitsKeepNoAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count, padding = 20, 1 << 20
		var (
			scenario simulator.Scenario
			ids      []string
		)
		for i := range count {
			id := fmt.Sprint(i)
			ids = append(ids, id)
			scenario.Jobs = append(scenario.Jobs, simulator.Job{ID: id, Phases: []simulator.Phase{{
				Raw: fmt.Appendf(nil, `{"job_id":%q,"job_status":2,"padding":%q}`, id, strings.Repeat("x", padding)),
			}}})
		}
		b := newBubble(t, scenario, nil)
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		stop := b.waitMeanwhile(t, ids, workspace.ReadOptions{Timeout: time.Hour, Interval: time.Minute})
		<-time.After(30 * time.Second)
		if kept := heap() - before; kept > count*padding/4 || b.Count(simulator.OperationJob) != count {
			t.Errorf("%d bytes are kept of %d answers", kept, b.Count(simulator.OperationJob))
		}
		stop()
	})
}

// TestManyWaitsTakeFewGoroutines: those that look, and those of their connections.
//
//nolint:paralleltest // It counts the goroutines of the whole process.
func TestManyWaitsTakeFewGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(2000, func(int) time.Duration { return time.Hour })
		b := newBubble(t, scenario, nil)
		// Slow enough that those who wait for one of the 16 requests can be counted.
		b.AddFault(simulator.Fault{Delay: simulator.Duration(20 * time.Millisecond)})
		before, most := runtime.NumGoroutine(), 0
		stop := b.waitMeanwhile(t, ids, workspace.ReadOptions{Timeout: time.Hour})
		for range 30 {
			<-time.After(100 * time.Millisecond)
			most = max(most, runtime.NumGoroutine()-before)
		}
		if most > 120 || b.Count(simulator.OperationJob) < 2000 {
			t.Errorf("%d goroutines, %d looks", most, b.Count(simulator.OperationJob))
		}
		stop()
	})
}

// TestTokenExpiresUnderManyWaits: one renewal serves all.
func TestTokenExpiresUnderManyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(20, func(int) time.Duration { return time.Minute })
		b := newBubble(t, scenario, signedInBy(auth.Password{UserName: "reader", DomainName: "account", Password: password}))
		time.AfterFunc(30*time.Second, b.ExpireTokens)
		if failed := b.all(t.Context(), ids, workspace.ReadOptions{Timeout: time.Hour}); len(failed) > 0 {
			t.Error(failed)
		}
		if got := b.Count(simulator.OperationToken); got != 2 {
			t.Errorf("%d tokens were asked for, want one and its renewal", got)
		}
	})
}

// TestWrongCredentialsUnderManyReads: one request is made, and all report it.
func TestWrongCredentialsUnderManyReads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		credential auth.Credential
		operation  string
	}{
		"token":      {auth.Token{Value: "wrong-token"}, simulator.OperationJob},
		"access key": {auth.AccessKey{Access: "wrong-key", Secret: "wrong-secret"}, simulator.OperationJob},
		"password":   {auth.Password{UserName: "reader", DomainName: "account", Password: "wrong"}, simulator.OperationToken},
	} {
		for mode, timeout := range map[string]time.Duration{"waiting": time.Hour, "reading": 0} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					scenario, ids := jobs(20, func(int) time.Duration { return time.Minute })
					b := newBubble(t, scenario, signedInBy(c.credential))
					failed := b.all(t.Context(), ids, workspace.ReadOptions{Timeout: timeout})
					for id, err := range failed {
						var refused *auth.RefusedError
						if !errors.As(err, &refused) || strings.Contains(err.Error(), "wrong-") {
							t.Errorf("%s: got %v", id, err)
						}
					}
					if len(failed) != 20 || b.Count("") != 1 || b.Count(c.operation) != 1 {
						t.Errorf("%d reads failed after %d requests, want 20 after one", len(failed), b.Count(""))
					}
				})
			})
		}
	}
}

// TestCancelAnywhere ends a wait in the same instant, in each place where it may
// be, and the bubble fails if a goroutine stays.
func TestCancelAnywhere(t *testing.T) {
	t.Parallel()
	byPassword := signedInBy(auth.Password{UserName: "reader", DomainName: "account", Password: password})
	slowly := job(at(0, processing))
	for name, c := range map[string]struct {
		change  func(*settings)
		prepare func(*bubble, context.Context)
	}{
		"sleeping": {},
		"dialling": {prepare: func(b *bubble, _ context.Context) {
			b.net.fail = func() error { <-b.net.closed; return net.ErrClosed }
		}},
		"reading a body": {prepare: func(b *bubble, _ context.Context) { b.AddFault(simulator.Fault{Drip: simulator.Duration(time.Hour)}) }},
		"in the queue for the budget": {
			change: func(o *settings) { o.RequestsPerMinute = 1 },
			prepare: func(b *bubble, ctx context.Context) {
				_, _ = b.client.WaitJob(ctx, jobID, workspace.ReadOptions{})
			},
		},
		"in the pause after a 429": {prepare: func(b *bubble, _ context.Context) {
			b.AddFault(simulator.Fault{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "100"}})
		}},
		"waiting for the first answer of another": {prepare: func(b *bubble, ctx context.Context) {
			b.AddFault(simulator.Fault{Hang: true})
			go func() { _, _ = b.client.WaitJob(ctx, "another", workspace.ReadOptions{Timeout: time.Hour}) }()
			synctest.Wait()
		}},
		"in a renewal": {change: byPassword, prepare: func(b *bubble, _ context.Context) {
			time.AfterFunc(time.Second, func() {
				b.ExpireTokens()
				b.AddFault(simulator.Fault{On: simulator.OperationToken, Hang: true})
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, slowly, c.change)
				ctx, cancel := context.WithCancel(t.Context())
				if c.prepare != nil {
					c.prepare(b, ctx)
				}
				began := time.Now()
				const after = 5 * time.Second
				time.AfterFunc(after, cancel)
				_, err := b.client.WaitJob(ctx, jobID, workspace.ReadOptions{Timeout: time.Hour})
				_ = wantError(t, err, workspace.OutcomeInterrupted)
				if took := time.Since(began); took != after {
					t.Errorf("ended %s after the interrupt", took-after)
				}
			})
		})
	}
}

// TestWaitsInTheQueueSurviveABlip: that the service has answered others counts for
// a wait whose first look meets nobody.
func TestWaitsInTheQueueSurviveABlip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(200, func(int) time.Duration { return time.Minute })
		b := newBubble(t, scenario, limited)
		b.meet(disturbances["refused"], 30*time.Second, 32*time.Second)
		if _, err := b.client.WaitJobs(t.Context(), ids, workspace.ReadOptions{Timeout: time.Hour}); err != nil {
			t.Error(err)
		}
	})
}

// TestCommonCausesEndAllAtOnce: what would meet every job costs no request for
// each of them.
func TestCommonCausesEndAllAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meets disturbance
		most  time.Duration
		calls int
	}{
		"a closed port": {disturbances["refused"], 8 * time.Second, 200},
		"an untrusted certificate": {
			disturbance{dial: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, 0, 32,
		},
		"lacking rights": {disturbance{fault: simulator.Fault{Status: http.StatusForbidden, Body: `{"error_code":"APIGW.0302"}`}}, 0, 32},
	} {
		for mode, timeout := range map[string]time.Duration{"waiting": time.Hour, "reading": 0} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					scenario, ids := jobs(1000, func(int) time.Duration { return time.Minute })
					b := newBubble(t, scenario, limited)
					served := b.meet(c.meets, 0, time.Hour)
					_, err := b.client.WaitJobs(t.Context(), ids, workspace.ReadOptions{Timeout: timeout})
					var many *workspace.JobsError
					if !errors.As(err, &many) || len(many.Failures) != 1000 {
						t.Fatalf("got %v", err)
					}
					for _, failure := range many.Failures {
						if failure.Outcome != workspace.OutcomeUnreadable || failure.Cause == nil {
							t.Fatalf("got %v", failure)
						}
					}
					if took := time.Since(b.start); took > c.most || served() > c.calls {
						t.Errorf("took %s and %d requests, want %s and %d at the most", took, served(), c.most, c.calls)
					}
				})
			})
		}
	}
}

// TestHungServiceCostsManyReadsAMinute, as it does one.
func TestHungServiceCostsManyReadsAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(10, func(int) time.Duration { return time.Minute })
		b := newBubble(t, scenario, limited)
		b.AddFault(simulator.Fault{Hang: true})
		if failed := b.all(t.Context(), ids, workspace.ReadOptions{}); len(failed) != 10 {
			t.Errorf("%d reads failed", len(failed))
		}
		if took := time.Since(b.start); took > 71*time.Second {
			t.Errorf("ten reads took %s", took)
		}
	})
}
