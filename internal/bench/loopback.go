package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const (
	loopbackJobs = 1000
	// connections are as many as the provider uses.
	connections = 16
	// rounds are run in turns, so that all meet the same machine.
	loopbackRounds = 60
	overheadLimit  = 1.5
	benchToken     = "bench-token"
)

// finishedJobs are jobs that have ended, with a sub-job and a resource each.
func finishedJobs(count int) (s simulator.Scenario, ids []string) {
	s.Projects = []simulator.Project{{ID: projectID, Name: simulator.DefaultRegion}}
	s.Tokens = []simulator.Token{{Token: benchToken}}
	for i := range count {
		id := strconv.Itoa(575768277444000000 + i)
		ids = append(ids, id)
		s.Jobs = append(s.Jobs, simulator.Job{ID: id, Age: simulator.Duration(time.Hour), Phases: []simulator.Phase{
			{Status: simulator.StatusProcessing},
			{After: simulator.Duration(time.Minute), Status: simulator.StatusSuccess, SubJobs: []simulator.SubJob{{
				ID: id + "-1", Status: simulator.StatusSuccess,
				Entities: fmt.Appendf(nil, `[{"resource_id":"server-%d","resource_name":"app-%d","is_main_resource":true}]`, i, i),
			}}},
		}})
	}
	return s, ids
}

// overhead is how long the provider's client takes for finished jobs, as a multiple
// of a bare loop of GETs; medians.
type overhead struct {
	waiting, reading       float64
	waitingCPU, readingCPU float64 // of processor time
	bare                   time.Duration
}

// processorTime is what this process has taken so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // It fails for bad arguments only.
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func measureOverhead(t *testing.T) (o overhead) {
	t.Run("overhead", func(t *testing.T) {
		scenario, ids := finishedJobs(loopbackJobs)
		server, err := simulator.Start(scenario)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close() //nolint:errcheck // It has served.
		endpoint, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		client, carrier := newClient(site{endpoint: endpoint, credential: auth.Token{Value: benchToken}})
		defer carrier.CloseIdleConnections()
		bare := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
		defer bare.CloseIdleConnections()

		timed := func(do func() error) (took, cpu time.Duration) {
			server.Reset()
			began, spent := time.Now(), processorTime()
			if err := do(); err != nil {
				t.Fatal(err)
			}
			took, cpu = time.Since(began), processorTime()-spent
			if got := server.Count(simulator.OperationJob); got != len(ids) {
				t.Fatalf("%d requests for %d jobs", got, len(ids))
			}
			return took, cpu
		}
		wait := func(timeout time.Duration) func() error {
			return func() error {
				_, err := client.WaitJobs(t.Context(), ids, workspace.ReadOptions{Timeout: timeout})
				return err
			}
		}
		loop := func() error { return bareLoop(t.Context(), bare, server.URL, ids) }
		timed(loop)
		timed(wait(0)) // Connections are open from here on.
		var waiting, reading, waitingCPU, readingCPU, bares []float64
		for range loopbackRounds {
			base, baseCPU := timed(loop)
			waited, waitedCPU := timed(wait(time.Hour))
			read, readCPU := timed(wait(0))
			bares = append(bares, float64(base))
			waiting = append(waiting, float64(waited)/float64(base))
			reading = append(reading, float64(read)/float64(base))
			waitingCPU = append(waitingCPU, float64(waitedCPU)/float64(baseCPU))
			readingCPU = append(readingCPU, float64(readCPU)/float64(baseCPU))
		}
		o = overhead{
			waiting: median(waiting), reading: median(reading), bare: time.Duration(median(bares)),
			waitingCPU: median(waitingCPU), readingCPU: median(readingCPU),
		}
		t.Logf("%+v", o)
	})
	return o
}

// bareLoop gets all jobs by as many workers as there are connections, and throws
// the bodies away.
func bareLoop(ctx context.Context, client *http.Client, base string, ids []string) error {
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		errs error
		next = make(chan string)
	)
	get := func(id string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/"+projectID+"/job/"+id, http.NoBody)
		if err != nil {
			return err
		}
		req.Header.Set("X-Auth-Token", benchToken)
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if resp.StatusCode != http.StatusOK {
			err = errors.Join(err, errors.New(resp.Status))
		}
		return errors.Join(err, resp.Body.Close())
	}
	for range connections {
		all.Go(func() {
			for id := range next {
				if err := get(id); err != nil {
					mu.Lock()
					errs = errors.Join(errs, err)
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
	return errs
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

func (o overhead) targets() []target {
	what := fmt.Sprintf("%d finished jobs against a bare loop of GETs", loopbackJobs)
	return []target{
		ratioTarget(what+", waited for", o.waiting, overheadLimit),
		ratioTarget(what+", read once", o.reading, overheadLimit),
	}
}

func ratioTarget(what string, got, limit float64) target {
	return target{what, fmt.Sprintf("≤ × %.2f", limit), fmt.Sprintf("× %.2f", got), got <= limit}
}

func printOverhead(w *bytes.Buffer, r results) {
	fmt.Fprintf(w, `
## What the client costs

%d finished jobs on the simulator, over loopback and in real time, with
`+"`requests_per_minute = 0`"+`: the provider's `+"`workspace.Client`"+`, without Terraform, against %d workers
that get the same addresses with `+"`net/http`"+` over as many connections, read the bodies
and throw them away. In turns, %d times; medians. Processor time is that of client and
simulator together.

| | time, as a multiple of the bare loop | processor time |
|---|--:|--:|
| bare loop (%.0f ms here) | 1 | 1 |
| **waited for** (`+"`WaitJobs` with a timeout"+`) | %.2f | %.2f |
| **read once** (`+"`WaitJobs` without one"+`) | %.2f | %.2f |
`, loopbackJobs, connections, loopbackRounds, float64(r.overhead.bare.Microseconds())/1000,
		r.overhead.waiting, r.overhead.waitingCPU, r.overhead.reading, r.overhead.readingCPU)
}
