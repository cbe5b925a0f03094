package bench

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// weightRounds is how often both providers are run, in turns.
const weightRounds = 7

// The limits of the provider's weight, as multiples of the empty provider's.
const (
	sizeLimit, schemaLimit, planLimit, peakLimit = 1.25, 1.15, 1.15, 1.25
)

// weight compares the provider with an empty one.
type weight struct {
	size, emptySize int64
	// schema and plan are medians; the ratios are of pairs that ran one after the
	// other.
	schema, emptySchema, plan, emptyPlan usageMedians
	schemaRatio, planRatio, peakRatio    float64
	schemaCPURatio, planCPURatio         float64
}

type usageMedians struct {
	wall, providerCPU time.Duration
	peak              int64
}

func (b *bed) weigh(t *testing.T) (w weight) {
	w.size, w.emptySize = b.sizes[oursProgram], b.sizes[emptyProgram]
	scenario, ids := finishedJobs(1)
	env := b.serve(t, scenario)
	dirs := []string{
		b.configuration("weight-ours", oursAddress, fmt.Sprintf("data \"workspace_job\" \"one\" {\n  job_id = %q\n}\n", ids[0])),
		b.configuration("weight-empty", emptyAddress, "data \"empty_thing\" \"one\" {}\n"),
	}
	pairs := func(args ...string) (us, them usageMedians, wall, cpu, peak float64) {
		var walls, cpus, peaks []float64
		var all [2][]usage
		for range weightRounds {
			var pair [2]usage
			for i, dir := range dirs {
				pair[i] = b.run(t, dir, env, args...)
				all[i] = append(all[i], pair[i])
			}
			walls = append(walls, float64(pair[0].wall)/float64(pair[1].wall))
			cpus = append(cpus, float64(pair[0].providerCPU)/float64(pair[1].providerCPU))
			peaks = append(peaks, float64(pair[0].peak)/float64(pair[1].peak))
		}
		return mediansOf(all[0]), mediansOf(all[1]), median(walls), median(cpus), median(peaks)
	}
	var schemaPeak, planPeak float64
	w.schema, w.emptySchema, w.schemaRatio, w.schemaCPURatio, schemaPeak = pairs("providers", "schema", "-json")
	w.plan, w.emptyPlan, w.planRatio, w.planCPURatio, planPeak = pairs("plan", "-no-color")
	w.peakRatio = max(schemaPeak, planPeak)
	t.Logf("%+v", w)
	return w
}

func mediansOf(all []usage) usageMedians {
	of := func(value func(usage) float64) float64 {
		values := make([]float64, len(all))
		for i, u := range all {
			values[i] = value(u)
		}
		return median(values)
	}
	return usageMedians{
		wall:        time.Duration(of(func(u usage) float64 { return float64(u.wall) })),
		providerCPU: time.Duration(of(func(u usage) float64 { return float64(u.providerCPU) })),
		peak:        int64(of(func(u usage) float64 { return float64(u.peak) })),
	}
}

func (w weight) complete() bool { return w.planRatio > 0 }

func (w weight) sizeRatio() float64 { return float64(w.size) / float64(w.emptySize) }

func (w weight) targets() []target {
	const what = "against an empty provider: "
	return []target{
		ratioTarget(what+"size of the program", w.sizeRatio(), sizeLimit),
		ratioTarget(what+"time of `providers schema`", w.schemaRatio, schemaLimit),
		ratioTarget(what+"time of a plan that reads a finished job", w.planRatio, planLimit),
		ratioTarget(what+"peak memory", w.peakRatio, peakLimit),
	}
}

func printWeight(b *bytes.Buffer, w weight) {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000) }
	fmt.Fprintf(b, `
## Weight

Beside it, an empty provider: one data source without anything to read, built from the
same versions of the same framework with the same flags (`+"`-trimpath`, `-s -w`"+`). Both are
run in turns, %d times each; medians, and the medians of the ratios of neighbours. The
plan of this provider reads a finished job over loopback; that of the other reads nothing.

| | this provider | empty provider | ratio | target |
|---|--:|--:|--:|--:|
| size of the program | %.1f MB | %.1f MB | **%.2f** | ≤ %.2f |
| `+"`providers schema -json`"+` | %s | %s | **%.2f** | ≤ %.2f |
| processor time of the provider in it | %s | %s | %.2f | |
| `+"`plan`"+` | %s | %s | **%.2f** | ≤ %.2f |
| processor time of the provider in it | %s | %s | %.2f | |
| peak memory of the provider | %s | %s | **%.2f** | ≤ %.2f |
`, weightRounds,
		float64(w.size)/1e6, float64(w.emptySize)/1e6, w.sizeRatio(), sizeLimit,
		ms(w.schema.wall), ms(w.emptySchema.wall), w.schemaRatio, schemaLimit,
		ms(w.schema.providerCPU), ms(w.emptySchema.providerCPU), w.schemaCPURatio,
		ms(w.plan.wall), ms(w.emptyPlan.wall), w.planRatio, planLimit,
		ms(w.plan.providerCPU), ms(w.emptyPlan.providerCPU), w.planCPURatio,
		mebibytes(w.plan.peak), mebibytes(w.emptyPlan.peak), w.peakRatio, peakLimit)
	fmt.Fprint(b, `
What is more than in the empty provider, and what it buys: the HTTP client at work and
the decoder of jobs, without which nothing could be read; the schemas of two data sources
and a resource; and the service's own signer (huaweicloud-sdk-go-v3, `+"`core/auth/signer`"+`),
so that signatures are computed by the code that the service publishes. With its request
type it brings JSON and BSON libraries, an INI reader and SM2/SM3 into the program, some
1.6 MB, although signing uses none of them; they start in about a millisecond and keep
about a megabyte of memory.
`)
}
