package bench

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"runtime/debug"
	"testing"
)

var write = flag.Bool("write", false, "write RESULTS.md and latency.svg")

// TestBench measures, and fails where a target is missed. It is a test because
// virtual time needs one.
func TestBench(t *testing.T) {
	log.SetOutput(io.Discard) // StateChangeConf logs each look.
	r := results{
		// First what runs in real time, while this process is small.
		overhead: measureOverhead(t), cli: measureThroughCLI(t),
	}
	if t.Failed() {
		t.FailNow() // The rest takes minutes.
	}
	debug.SetGCPercent(400) // Millions of small answers.
	r.finished, r.schedules = measureFinished(t), measureSchedules(t)
	r.faults, r.many = measureFaults(t), measureMany(t)
	if !r.complete() {
		t.Log("not all was measured; nothing is compared with the targets or written")
		return
	}
	for _, target := range r.targets() {
		if !target.met {
			t.Errorf("%s: %s, and it should be %s", target.what, target.got, target.want)
		}
	}
	if !*write {
		return
	}
	var report, plot bytes.Buffer
	err := writeReport(&report, r)
	writePlot(&plot, r)
	for name, text := range map[string]*bytes.Buffer{"RESULTS.md": &report, "latency.svg": &plot} {
		//nolint:gosec // It is committed.
		if err = errors.Join(err, os.WriteFile(name, text.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}
