package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// results are all that one run has measured.
type results struct {
	finished  *job
	schedules map[cell]figures
	faults    matrix
	many      map[manyKey]crowded
	overhead  overhead
	cli       throughCLI
}

// complete is false when something failed, or only a part was asked for (-run
// TestBench/faults).
func (r results) complete() bool {
	return r.finished.calls > 0 && len(r.faults) == len(trials())*len(faults())*len(matrixStacks()) &&
		len(r.schedules) == len(stacks())*len(distributions())*len(subJobCounts) &&
		len(r.many) == len(manyCounts)*len(crowdWaiters()) && r.overhead.reading > 0 && r.cli.complete()
}

// measureFinished has the provider wait for a job that has ended.
func measureFinished(t *testing.T) *job {
	j := &job{duration: time.Second, subJobs: []time.Duration{time.Second}, attached: time.Minute}
	t.Run("finished", func(t *testing.T) { waitForAll(t, ours(), []*job{j}) })
	return j
}

// A target is what the provider promises, and what came of it.
type target struct {
	what, want, got string
	met             bool
}

func (r results) targets() []target {
	short := func(subJobs int) figures { return r.schedules[cell{ourName, "S", subJobs}] }
	mixed := r.schedules[cell{ourName, targetDistribution, targetSubJobs}]
	kind := fmt.Sprintf("%s, five sub-jobs, %d jobs", targetDistribution, mixed.jobs)
	met, wrong := 0, 0
	for _, tr := range trials() {
		for _, f := range faults() {
			o := r.faults[[3]string{tr.name, f.name, ourName}]
			if f.judge(tr.name, o) == "" && len(o.served) > 0 {
				met++
			} else {
				wrong++
			}
		}
	}
	atMost := func(what string, got, limit float64, unit string) target {
		return target{what, fmt.Sprintf("≤ %g%s", limit, unit), fmt.Sprintf("%.2f%s", got, unit), got <= limit}
	}
	return slices.Concat([]target{
		{
			"a finished job", "1 call, no delay",
			fmt.Sprintf("%d call, %g s beyond the round trip", r.finished.calls, (r.finished.late - roundTrip).Seconds()),
			r.finished.calls == 1 && r.finished.late == roundTrip,
		},
		atMost("S, one sub-job: mean latency", short(1).late.Seconds(), 0.7, " s"),
		atMost("S, five sub-jobs: mean latency", short(targetSubJobs).late.Seconds(), 0.7, " s"),
		{kind + ": jobs", "≥ 40000", fmt.Sprint(mixed.jobs), mixed.jobs >= 40_000},
		atMost(kind+": calls per job", mixed.calls, 64, ""),
		atMost(kind+": mean latency", mixed.late.Seconds(), 3.9, " s"),
		atMost(kind+": 95th percentile", mixed.late95.Seconds(), 7.5, " s"),
		{
			fmt.Sprintf("faults: %d in %d trials each, survived or stopped at as they should be", len(faults()), len(trials())),
			fmt.Sprint(met + wrong), fmt.Sprint(met), wrong == 0,
		},
	}, manyTargets(r.many), r.overhead.targets(), r.cli.targets())
}
