package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const (
	// gatewayLimit is how many calls a minute the service lets through, as it is
	// documented; ourLimit what the provider allows itself by default.
	gatewayLimit  = 200
	gatewayWindow = time.Minute
	ourLimit      = 160
	// slots is how many reads Terraform runs at a time.
	slots = 10
	// longestJob is where the durations of many jobs end.
	longestJob = time.Hour
	// patience is longer than any of the waits takes.
	patience = 12 * time.Hour
)

// manyCounts are the numbers of jobs that are waited for at once.
var manyCounts = []int{1000, 10_000}

// manyLimits are how far above the bound the last of them may be seen to end.
var manyLimits = map[int]float64{1000: 0.01, 10_000: 0.22}

// crowd is a service for jobs that all begin at once, behind a gateway that counts
// calls in fixed windows. A refused call costs nothing, as in the kindest case.
type crowd struct {
	service

	start time.Time

	mu     sync.Mutex
	window int64
	calls  int
	// refused were answered with 429.
	refused int
	// seen are the jobs whose end has been.
	seen []bool
}

func newCrowd(jobs []*job) *crowd {
	c := &crowd{service: service{jobs}, start: time.Now(), seen: make([]bool, len(jobs))}
	for _, j := range jobs {
		j.begin = c.start
	}
	return c
}

func (c *crowd) RoundTrip(req *http.Request) (*http.Response, error) {
	if !c.admit() {
		if err := pause(req.Context(), roundTrip); err != nil {
			return nil, err
		}
		body := fmt.Sprintf(`{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached: `+
			`policy user over ratelimit,limit:%d,time:1 minute"}`, gatewayLimit)
		return &http.Response{
			StatusCode: http.StatusTooManyRequests, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
			Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
			Body:   io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
		}, nil
	}
	sampled := time.Now().Add(roundTrip / 2)
	resp, err := c.service.RoundTrip(req)
	if err == nil {
		number, _ := strconv.Atoi(path.Base(req.URL.Path)) // The service has read it.
		c.observe(number, sampled)
	}
	return resp, err
}

// admit counts a call in the window in which it arrives.
func (c *crowd) admit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if window := int64((time.Since(c.start) + roundTrip/2) / gatewayWindow); window != c.window {
		c.window, c.calls = window, 0
	}
	if c.calls == gatewayLimit {
		c.refused++
		return false
	}
	c.calls++
	return true
}

// observe notes when a job's end is seen.
func (c *crowd) observe(number int, sampled time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := c.jobs[number-1]
	if c.seen[number-1] || sampled.Sub(j.begin) < j.duration {
		return
	}
	c.seen[number-1] = true
	j.late = time.Since(j.begin) - j.duration
}

// crowded is what one way to wait made of many jobs.
type crowded struct {
	jobs, failed, refused int
	makespan, bound       time.Duration
	late, late95          time.Duration
	calls                 float64
	took                  time.Duration // in real time
}

// above is how far the makespan is above the bound.
func (c crowded) above() float64 { return float64(c.makespan)/float64(c.bound) - 1 }

// drawMany draws jobs of the mixed distribution that take an hour at most.
func drawMany(count int) []*job {
	mixed := logNormal(30*time.Second, time.Hour)
	low, high := 0.0, 1.0
	for range 60 {
		if middle := (low + high) / 2; mixed(middle) < longestJob {
			low = middle
		} else {
			high = middle
		}
	}
	return drawJobs(distribution{name: "M, at most an hour", quantile: func(part float64) time.Duration {
		return mixed(part * low)
	}}, count, 1)
}

// leastMakespan is when, at the earliest, the last end can have been seen: each job
// that ends after a moment still needs a call after it.
func leastMakespan(jobs []*job) time.Duration {
	durations := make([]time.Duration, len(jobs))
	for i, j := range jobs {
		durations[i] = j.duration
	}
	slices.Sort(durations)
	var least time.Duration
	for k, d := range durations {
		least = max(least, d+time.Duration(len(jobs)-k-1)*gatewayWindow/gatewayLimit)
	}
	return least + roundTrip
}

// A crowdWaiter waits for all jobs, and returns how many of the waits failed.
type crowdWaiter struct {
	name, about string
	wait        func(t *testing.T, carrier http.RoundTripper, ids []string) (failed int)
}

func crowdWaiters() []crowdWaiter {
	return []crowdWaiter{
		{ourName + ": one `workspace_jobs`", fmt.Sprintf("`workspace.Client.WaitJobs`, `requests_per_minute = %d`", ourLimit), waitTogether},
		{ourName + " in ten slots", "`workspace.Client.WaitJob` of the same client, ten at a time, as through `for_each`", waitInSlots},
		{"official loop, all at once", "StateChangeConf, 10 s; a model of its client: after a 429 it sleeps 1, 2, 4, 8 and 16 minutes", official(0)},
		{"official loop in ten slots", "the same, ten at a time, as Terraform runs it", official(slots)},
	}
}

func crowdClient(carrier http.RoundTripper) *workspace.Client {
	client, _ := newClient(site{
		endpoint: &url.URL{Scheme: "http", Host: "service.invalid"}, carrier: carrier,
		credential: auth.Token{Value: "token"}, requestsPerMinute: ourLimit,
	})
	return client
}

func waitTogether(t *testing.T, carrier http.RoundTripper, ids []string) int {
	_, err := crowdClient(carrier).WaitJobs(t.Context(), ids, workspace.ReadOptions{Timeout: patience})
	var failed *workspace.JobsError
	switch {
	case errors.As(err, &failed):
		return len(failed.Failures)
	case err != nil:
		return len(ids)
	}
	return 0
}

func waitInSlots(t *testing.T, carrier http.RoundTripper, ids []string) int {
	client := crowdClient(carrier)
	return each(ids, slots, func(id string) error {
		_, err := client.WaitJob(t.Context(), id, workspace.ReadOptions{Timeout: patience})
		return err
	})
}

// official waits as the official provider does, so many jobs at a time; 0: all.
func official(slots int) func(*testing.T, http.RoundTripper, []string) int {
	return func(t *testing.T, carrier http.RoundTripper, ids []string) int {
		s := site{endpoint: &url.URL{Scheme: "http", Host: "service.invalid"}, carrier: carrier, token: "token"}
		client := s.client()
		return each(ids, slots, func(id string) error {
			conf := retry.StateChangeConf{
				Pending: []string{"2", "3"}, Target: []string{"1"},
				Delay: officialInterval, PollInterval: officialInterval, Timeout: patience,
				Refresh: func() (any, string, error) {
					status, err := throttledStatus(t.Context(), s, client, id)
					return id, fmt.Sprint(status), err
				},
			}
			_, err := conf.WaitForStateContext(t.Context())
			return err
		})
	}
}

// throttledStatus is a model of the official provider's HTTP client: after a 429 it
// sleeps a minute, then two, and so on, and gives up after five repetitions.
func throttledStatus(ctx context.Context, s site, client *http.Client, id string) (int, error) {
	const repetitions = 5
	for i := 0; ; i++ {
		status, err := s.status(ctx, client, id)
		var refused *statusError
		if !errors.As(err, &refused) || refused.code != http.StatusTooManyRequests || i == repetitions {
			return status, err
		}
		if err := pause(ctx, time.Minute<<i); err != nil {
			return 0, err
		}
	}
}

// each calls wait for all ids, so many at a time; 0: all at once. It returns how
// many failed.
func each(ids []string, atATime int, wait func(id string) error) (failed int) {
	if atATime == 0 {
		atATime = len(ids)
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		next = make(chan string)
	)
	for range atATime {
		all.Go(func() {
			for id := range next {
				if wait(id) != nil {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	all.Wait()
	return failed
}

// manyKey is a way to wait, and for how many jobs.
type manyKey struct {
	waiter string
	jobs   int
}

// measureMany has each way wait for many jobs at once, in virtual time.
func measureMany(t *testing.T) map[manyKey]crowded {
	var (
		table = make(map[manyKey]crowded)
		mu    sync.Mutex
	)
	t.Run("many", func(t *testing.T) {
		for _, count := range manyCounts {
			for _, w := range crowdWaiters() {
				t.Run(fmt.Sprintf("%d/%s", count, w.name), func(t *testing.T) {
					t.Parallel()
					c := crowdFor(t, w, count)
					mu.Lock()
					defer mu.Unlock()
					table[manyKey{w.name, count}] = c
				})
			}
		}
	})
	return table
}

func crowdFor(t *testing.T, w crowdWaiter, count int) (c crowded) {
	began := time.Now()
	jobs := drawMany(count)
	synctest.Test(t, func(t *testing.T) {
		g := newCrowd(jobs)
		ids := make([]string, len(jobs))
		for i := range jobs {
			ids[i] = strconv.Itoa(i + 1)
		}
		c = crowded{jobs: count, bound: leastMakespan(jobs)}
		c.failed = w.wait(t, g, ids)
		c.makespan = time.Since(g.start)
		c.refused = g.refused
		var late []float64
		for i, j := range jobs {
			c.calls += float64(j.calls) / float64(count)
			if g.seen[i] {
				late = append(late, float64(j.late))
			}
		}
		if len(late) == 0 {
			t.Error("no job was seen to end")
			return
		}
		mean, p95 := meanAndP95(late)
		c.late, c.late95 = time.Duration(mean), time.Duration(p95)
	})
	c.took = time.Since(began)
	t.Logf("%d jobs, %s: %.0f s (bound %.0f), %d failed, %d x 429, latency %.1f s, %.2f calls a job; took %s",
		count, w.name, c.makespan.Seconds(), c.bound.Seconds(), c.failed, c.refused, c.late.Seconds(), c.calls, c.took)
	return c
}

func manyTargets(table map[manyKey]crowded) []target {
	var targets []target
	for _, count := range manyCounts {
		ours := table[manyKey{crowdWaiters()[0].name, count}]
		what := fmt.Sprintf("%d jobs at once, %d calls a minute: ", count, gatewayLimit)
		limit := manyLimits[count]
		targets = append(
			targets,
			target{what + "failed", "0", fmt.Sprint(ours.failed), ours.failed == 0},
			target{
				what + "above the bound", fmt.Sprintf("≤ %.0f %%", 100*limit), fmt.Sprintf("%.2f %%", 100*ours.above()),
				ours.above() <= limit,
			},
		)
		if count == 1000 {
			targets = append(targets, target{what + "answers 429", "≤ 2", fmt.Sprint(ours.refused), ours.refused <= 2})
		}
	}
	return targets
}

func printMany(w *bytes.Buffer, r results) {
	fmt.Fprintf(w, `
## Many jobs at once

So many jobs begin in one moment and are all waited for from then on. They are those of
distribution M that take at most an hour. In virtual time; the service lets %d calls a
minute through, for all jobs together, in fixed windows, and answers others with 429 at
no cost. A call takes %g s.

No client can be faster than the *bound*: after the k-th end, at least N − k calls are
still to be made. *Failed* are waits that ended with an error. *Latency* is the mean
(95th percentile) time from a job's end until it was seen; of those jobs whose end was
seen at all.
`, gatewayLimit, roundTrip.Seconds())
	for _, count := range manyCounts {
		bound := r.many[manyKey{crowdWaiters()[0].name, count}].bound
		fmt.Fprintf(w, "\n### %d jobs: bound %.0f s\n\n", count, bound.Seconds())
		fmt.Fprint(w, "| | over after, s | above the bound | failed | 429 | latency, s | calls per job |\n|---|--:|--:|--:|--:|--:|--:|\n")
		for i, cw := range crowdWaiters() {
			c := r.many[manyKey{cw.name, count}]
			above := fmt.Sprintf("%.1f %%", 100*c.above())
			if c.failed > 0 {
				above = "never"
			}
			fmt.Fprintf(w, "| %s | %.0f | %s | %d | %d | %.1f (%.1f) | %.2f |\n", emphasisedIf(i == 0, cw.name),
				c.makespan.Seconds(), above, c.failed, c.refused, c.late.Seconds(), c.late95.Seconds(), c.calls)
		}
	}
	fmt.Fprint(w, "\n| | what it is |\n|---|---|\n")
	for i, cw := range crowdWaiters() {
		fmt.Fprintf(w, "| %s | %s |\n", emphasisedIf(i == 0, cw.name), cw.about)
	}
}
