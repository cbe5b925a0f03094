package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// writeReport writes RESULTS.md, section by section.
func writeReport(w *bytes.Buffer, r results) error {
	versions, err := moduleVersions()
	if err != nil {
		return err
	}
	for _, section := range []func(*bytes.Buffer, results){
		printHead, printTargets, printSchedules, printFaults, printMany, printOverhead, printThroughCLI,
		func(w *bytes.Buffer, _ results) { printStacks(w, versions) },
	} {
		section(w, r)
	}
	return nil
}

func printHead(w *bytes.Buffer, _ results) {
	fmt.Fprintf(w, `<!-- Written by make bench. -->
# How the provider waits, measured

The provider's own waiter and those of other libraries wait for the same simulated
jobs, all of them the real code, in virtual time (Go's `+"`testing/synctest`"+`): hours
pass in milliseconds, nothing but the schedules and rules makes a difference, and how
fast the machine is does not matter. What the provider itself costs, in the last three
sections, is measured in real time: as a ratio to something else in the same run
wherever it can be.

    make bench

measures again and writes this page and the plot. It needs a terraform or tofu on
PATH (or TF_ACC_TERRAFORM_PATH), takes some four minutes on two
idle cores, and fails where a target is missed. The jobs are drawn with the fixed seed %d.
This provider, aws-sdk-go-v2 and, between retries, azcore and hcloud-go add chance
of their own, so that their numbers move in the last digit, and their cells in the
fault tables by some seconds.

Environment: %s, %s/%s.
`, seed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func printTargets(w *bytes.Buffer, r results) {
	fmt.Fprint(w, "\n## Targets\n\n| | target | measured | |\n|---|---|---|---|\n")
	for _, target := range r.targets() {
		verdict := "met"
		if !target.met {
			verdict = "**missed**"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", target.what, target.want, target.got, verdict)
	}
}

func printSchedules(w *bytes.Buffer, r results) {
	fmt.Fprintf(w, `
## Calls and latency

![Mean latency against calls per job](latency.svg)

*Latency* is the time from the job's end, or from the wait's beginning if that was
later, until the waiter returns. It is also given as a part of the job's duration.
A call takes %g s and sees the job as it is half-way. A wait begins when the job is
0.5 s to 3 s old. All jobs say that they will end after %d times what they take, as
the one sample in the API's documentation did. Parallel sub-jobs begin with the job;
their durations are log-normal with σ = %g, and the job ends with the last. The
other libraries know no sub-jobs, so those make no difference to them.

The durations are spread evenly over each distribution, so that ten jobs have the mean
of ten thousand and the calls can be compared. (A mean latency from a hundred jobs is
good to some 6 %%, from ten to some 20 %%.) The 95th percentile is in brackets.
`, roundTrip.Seconds(), hintFactor, subJobSpread)
	printComparison(w, r)
	for _, d := range distributions() {
		fmt.Fprintf(w, "\n### %s: %s\n\n", d.name, d.about)
		fmt.Fprint(w, "| | one sub-job: calls | latency, s | latency, % | five: calls | latency, s | latency, % | jobs |\n")
		fmt.Fprint(w, "|---|--:|--:|--:|--:|--:|--:|--:|\n")
		for _, s := range stacks() {
			one, five := r.schedules[cell{s.name, d.name, 1}], r.schedules[cell{s.name, d.name, targetSubJobs}]
			jobs := fmt.Sprint(one.jobs)
			if one.jobs != five.jobs {
				jobs = fmt.Sprintf("%d; %d", one.jobs, five.jobs)
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", emphasised(s.name), one, five, jobs)
		}
	}
}

// printComparison sets the provider against the official one's usual schedule.
func printComparison(w *bytes.Buffer, r results) {
	official := stateChangeConf(officialInterval).name
	fmt.Fprintf(w, "\n| this provider against %s | one sub-job: calls | mean latency | five: calls | mean latency |\n", official)
	fmt.Fprint(w, "|---|--:|--:|--:|--:|\n")
	for _, d := range distributions() {
		fmt.Fprintf(w, "| %s |", d.name)
		for _, subJobs := range subJobCounts {
			us, them := r.schedules[cell{ourName, d.name, subJobs}], r.schedules[cell{official, d.name, subJobs}]
			fmt.Fprintf(w, " × %.2f | × %.2f |", us.calls/them.calls, float64(us.late)/float64(them.late))
		}
		fmt.Fprintln(w)
	}
}

// String is three cells of a table.
func (f figures) String() string {
	return fmt.Sprintf("%.1f | %.2f (%.2f) | %.2f (%.1f)",
		f.calls, f.late.Seconds(), f.late95.Seconds(), 100*f.relative, 100*f.relative95)
}

func emphasised(name string) string {
	if name == ourName {
		return "**" + name + "**"
	}
	return name
}

func printFaults(w *bytes.Buffer, r results) {
	fmt.Fprintf(w, `
## Faults

A job of %.0f s is waited for from its first moment, for at most %.0f s, over connections
in memory, and something goes wrong. Those faults that a server takes part in are
served by the simulator (`+"`internal/simulator`"+`), the others by the network below it. A
library that decides by its own service's error codes gets those. Each request has a
connection of its own.

**+x s**: the end was seen so long after it. **gave up**: the wait ended with an error,
after so long. **wrong**: the job was said to have succeeded before it had. *Met* is
how often the fault was served to this provider, by the record of the simulator or the
network; the run fails where a fault did not reach a library at all.

The provider should survive a fault and see the end within %.0f s and a call of it; or,
where waiting on is no use, stop within %.0f s of the first one (%.0f s for an address at
which nobody has answered yet). In the summary a fault counts as survived when the end
was seen within three minutes, as there are schedules that look no more often.
`, faultyJobEnd.Seconds(), faultyWait.Seconds(), survivedWithin.Seconds(), stoppedWithin.Seconds(), unreachableWithin.Seconds())
	printFaultSummary(w, r)
	for _, tr := range trials() {
		fmt.Fprintf(w, "\n### %s: %s\n\n| fault | should | met |", tr.name, tr.about)
		for _, s := range matrixStacks() {
			fmt.Fprintf(w, " %s |", emphasised(s.name))
		}
		fmt.Fprintf(w, "\n|---|---|--:|%s\n", strings.Repeat("---|", len(matrixStacks())))
		for _, f := range faults() {
			should := "survive"
			if slices.Contains(f.stops, tr.name) {
				should = "stop"
			}
			fmt.Fprintf(w, "| %s | %s | %d |", f.name, should, len(r.faults[[3]string{tr.name, f.name, ourName}].served))
			for _, s := range matrixStacks() {
				fmt.Fprintf(w, " %s |", emphasisedIf(s.name == ourName, r.faults[[3]string{tr.name, f.name, s.name}].String()))
			}
			fmt.Fprintln(w)
		}
	}
}

func printFaultSummary(w *bytes.Buffer, r results) {
	fmt.Fprint(w, "\n| survived, of those to be survived |")
	for _, s := range matrixStacks() {
		fmt.Fprintf(w, " %s |", emphasised(s.name))
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---|", len(matrixStacks())))
	for _, tr := range trials() {
		fmt.Fprintf(w, "| %s |", tr.name)
		for _, s := range matrixStacks() {
			survived, all := 0, 0
			for _, f := range faults() {
				if slices.Contains(f.stops, tr.name) {
					continue
				}
				all++
				if r.faults[[3]string{tr.name, f.name, s.name}].survived() {
					survived++
				}
			}
			fmt.Fprintf(w, " %s |", emphasisedIf(s.name == ourName, fmt.Sprintf("%d of %d", survived, all)))
		}
		fmt.Fprintln(w)
	}
}

func emphasisedIf(yes bool, text string) string {
	if yes {
		return "**" + text + "**"
	}
	return text
}

func printStacks(w *bytes.Buffer, versions map[string]string) {
	fmt.Fprint(w, "\n## What was run\n\n| | version | set up as |\n|---|---|---|\n")
	for _, s := range stacks() {
		version := "this repository"
		if s.module != "" {
			version = s.module + " " + versions[s.module]
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", emphasised(s.name), version, s.setUp)
	}
}

// moduleVersions reads go.mod: a test's build information has no versions.
func moduleVersions() (map[string]string, error) {
	file, err := os.Open("go.mod")
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // It was only read.
	versions := make(map[string]string)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 && strings.HasPrefix(fields[1], "v") {
			versions[fields[0]] = fields[1]
		}
	}
	return versions, lines.Err()
}
