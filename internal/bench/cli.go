package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// bed is where a real CLI runs real providers, each behind a program that measures
// it, against a simulator that is a process of its own.
type bed struct {
	t   *testing.T
	dir string
	cli string
	// sizes are those of the programs.
	sizes map[string]int64
}

// The providers: this one, and one without anything in it (empty/main.go).
const (
	oursAddress, emptyAddress = "terraform.local/huaweicloud/workspace", "terraform.local/bench/empty"
	oursProgram, emptyProgram = "workspace", "empty"
)

func newBed(t *testing.T) *bed {
	b := &bed{t: t, dir: t.TempDir(), sizes: make(map[string]int64)}
	b.cli = os.Getenv("TF_ACC_TERRAFORM_PATH")
	for _, name := range []string{"terraform", "tofu"} {
		if b.cli == "" {
			b.cli, _ = exec.LookPath(name)
		}
	}
	if b.cli == "" {
		t.Fatal("there is no terraform and no tofu on PATH, and TF_ACC_TERRAFORM_PATH is not set")
	}
	b.build("simulator", "./internal/simulator/cmd/workspace-simulator")
	b.build("measured", "./internal/bench/measured/main.go")
	for name, source := range map[string]string{oursProgram: ".", emptyProgram: "./internal/bench/empty/main.go"} {
		program := "terraform-provider-" + name
		b.build(program+".real", source)
		if err := os.Link(b.path("measured"), b.path(program)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(b.path(program + ".real"))
		if err != nil {
			t.Fatal(err)
		}
		b.sizes[name] = info.Size()
	}
	b.write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n    %q = %q\n  }\n  direct {}\n}\n",
		oursAddress, b.dir, emptyAddress, b.dir))
	return b
}

func (b *bed) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bed) write(name, text string) {
	if err := errors.Join(os.MkdirAll(filepath.Dir(b.path(name)), 0o700), os.WriteFile(b.path(name), []byte(text), 0o600)); err != nil {
		b.t.Fatal(err)
	}
}

// build builds a program of the provider's module as its releases are built.
func (b *bed) build(name, source string) {
	cmd := exec.CommandContext(b.t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.path(name), source)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("building %s: %v\n%s", name, err, out)
	}
}

// serve starts the simulator; it ends with the test. It returns the environment of
// a provider that is to use it.
func (b *bed) serve(t *testing.T, scenario simulator.Scenario) []string {
	text, err := json.Marshal(scenario)
	if err != nil {
		t.Fatal(err)
	}
	b.write("scenario.json", string(text))
	settings, err := os.Create(b.path("settings"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), b.path("simulator"), "-credential", "token", "-scenario", b.path("scenario.json"))
	cmd.Stdout = settings
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for range 1000 {
		time.Sleep(10 * time.Millisecond)
		text, err = os.ReadFile(b.path("settings"))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 0 {
			break
		}
	}
	var env []string
	for line := range strings.Lines(string(text)) {
		env = append(env, strings.TrimSpace(strings.TrimPrefix(line, "export ")))
	}
	return env
}

// configuration is a directory with a main.tf.
func (b *bed) configuration(name, source, block string) string {
	alias := filepath.Base(source)
	b.write(filepath.Join(name, "main.tf"), fmt.Sprintf(
		"terraform {\n  required_providers {\n    %s = {\n      source = %q\n    }\n  }\n}\n%s", alias, source, block))
	return b.path(name)
}

// usage is what a command took: as a whole, and the provider's part. A provider
// that the command started more than once counts with its processor time in all and
// with its highest peak.
type usage struct {
	wall, cpu, providerCPU time.Duration
	peak                   int64
}

// run runs the CLI in a directory.
func (b *bed) run(t *testing.T, dir string, env []string, args ...string) (u usage) {
	notes := t.TempDir()
	cmd := exec.CommandContext(t.Context(), b.cli, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "TMPDIR=" + os.TempDir(), "TF_CLI_CONFIG_FILE=" + b.path("cli.tfrc"),
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "BENCH_USAGE=" + notes,
	}, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.Bytes()[:min(out.Len(), 4000)])
	}
	u.wall = time.Since(began)
	files, err := filepath.Glob(filepath.Join(notes, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no provider was measured: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		var peak, cpu int64
		if _, scanErr := fmt.Sscan(string(text), &peak, &cpu); err != nil || scanErr != nil {
			t.Fatal(err, scanErr)
		}
		u.peak = max(u.peak, peak)
		u.providerCPU += time.Duration(cpu)
	}
	// What the CLI waited for counts to it: the programs that measure, and through
	// them the providers.
	children, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	u.cpu = time.Duration(children.Utime.Nano() + children.Stime.Nano())
	return u
}

// applied is what an apply of many jobs took.
type applied struct {
	usage

	jobs  int
	state int64 // bytes
}

// applyLimits are the targets for finished jobs. Time is judged by the processor's:
// a busy machine makes all else longer. The CLI and the provider do little side by
// side, so that with a core to themselves they take no longer than that.
var applyLimits = []struct {
	jobs int
	time time.Duration
	peak int64
}{
	{1000, 3 * time.Second, 128 << 20},
	{10_000, 15 * time.Second, 384 << 20},
}

const (
	briefJobs  = 100
	briefJob   = 5 * time.Second
	briefLimit = 8 * time.Second
	// briefTries is how often the machine may have been too busy.
	briefTries = 3
)

// throughCLI is what a real CLI took.
type throughCLI struct {
	version  string
	finished []applied
	// brief are jobs of 5 s that begin with the first look at them, or, alongside,
	// all at once.
	together, slots, slotsAlongside time.Duration
	weight                          weight
}

func measureThroughCLI(t *testing.T) (c throughCLI) {
	t.Run("CLI", func(t *testing.T) {
		b := newBed(t)
		c.version = b.version(t)
		for _, limit := range applyLimits {
			t.Run(fmt.Sprintf("%d finished", limit.jobs), func(t *testing.T) {
				c.finished = append(c.finished, b.applyFinished(t, limit.jobs))
			})
		}
		t.Run("brief", func(t *testing.T) {
			for range briefTries {
				took := b.applyBrief(t, "together", true, together)
				if c.together == 0 || took < c.together {
					c.together = took
				}
				if c.together <= briefLimit {
					break
				}
			}
			c.slots = b.applyBrief(t, "slots", true, forEach)
			c.slotsAlongside = b.applyBrief(t, "alongside", false, forEach)
			t.Logf("together %s, slots %s, alongside %s", c.together, c.slots, c.slotsAlongside)
		})
		t.Run("weight", func(t *testing.T) { c.weight = b.weigh(t) })
	})
	return c
}

func (b *bed) version(t *testing.T) string {
	out, err := exec.CommandContext(t.Context(), b.cli, "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first
}

const (
	together = `
provider "workspace" { requests_per_minute = 0 }

data "workspace_jobs" "all" {
  job_ids      = jsondecode(file("ids.json"))
  wait_timeout = "10m"
}
`
	forEach = `
provider "workspace" { requests_per_minute = 0 }

data "workspace_job" "each" {
  for_each     = toset(jsondecode(file("ids.json")))
  job_id       = each.value
  wait_timeout = "10m"
}
`
)

func (b *bed) prepare(t *testing.T, name, block string, scenario simulator.Scenario, ids []string) (dir string, env []string) {
	dir = b.configuration(name, oursAddress, block)
	list, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	b.write(filepath.Join(name, "ids.json"), string(list))
	return dir, b.serve(t, scenario)
}

func (b *bed) applyFinished(t *testing.T, count int) applied {
	scenario, ids := finishedJobs(count)
	dir, env := b.prepare(t, fmt.Sprintf("finished-%d", count), together, scenario, ids)
	a := applied{usage: b.run(t, dir, env, "apply", "-auto-approve", "-no-color"), jobs: count}
	info, err := os.Stat(filepath.Join(dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	a.state = info.Size()
	t.Logf("%+v", a)
	return a
}

// applyBrief applies a configuration that waits for jobs of 5 s, which begin with
// the first look at them or else with the simulator.
func (b *bed) applyBrief(t *testing.T, name string, fromFirstRead bool, block string) (took time.Duration) {
	t.Run(name, func(t *testing.T) {
		scenario, ids := finishedJobs(briefJobs)
		for i := range scenario.Jobs {
			scenario.Jobs[i] = simulator.Job{ID: ids[i], FromFirstRead: fromFirstRead, Phases: []simulator.Phase{
				{Status: simulator.StatusProcessing},
				{After: simulator.Duration(briefJob), Status: simulator.StatusSuccess},
			}}
		}
		dir, env := b.prepare(t, "brief-"+name, block, scenario, ids)
		took = b.run(t, dir, env, "apply", "-auto-approve", "-no-color").wall
	})
	return took
}

func (c throughCLI) complete() bool {
	return len(c.finished) == len(applyLimits) && c.together > 0 && c.slotsAlongside > 0 && c.weight.complete()
}

func (c throughCLI) targets() (targets []target) {
	for i, limit := range applyLimits {
		a := c.finished[i]
		what := fmt.Sprintf("apply of %d finished jobs: ", limit.jobs)
		targets = append(
			targets,
			target{
				what + "processor time of CLI and provider", "< " + seconds(limit.time), seconds(a.cpu), a.cpu < limit.time,
			},
			target{
				what + "peak memory of the provider", "< " + mebibytes(limit.peak), mebibytes(a.peak), a.peak < limit.peak,
			},
		)
	}
	return append(append(targets, target{
		fmt.Sprintf("apply of %d jobs of %s through one `workspace_jobs`", briefJobs, seconds(briefJob)),
		"≤ " + seconds(briefLimit), seconds(c.together), c.together <= briefLimit,
	}), c.weight.targets()...)
}

func mebibytes(bytes int64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }

func printThroughCLI(w *bytes.Buffer, r results) {
	c := r.cli
	fmt.Fprintf(w, `
## Through a real CLI

%s applies a configuration with the provider's program, `+"`requests_per_minute = 0`"+` and
`+"`wait_timeout`"+`; the simulator is a process beside it, over loopback. In real time: how
long it takes depends on the machine and on what else runs there, so that the target
for time is held against the processor time of CLI and provider together, which they
would take with one core to themselves. *Peak* is the provider's highest resident size.

| finished jobs, one `+"`workspace_jobs`"+` | time here | target | processor time, all | of it the provider's | peak | target | state, bytes per job |
|---|--:|--:|--:|--:|--:|--:|--:|
`, c.version)
	for i, a := range c.finished {
		limit := applyLimits[i]
		fmt.Fprintf(w, "| %d | %s | %s | %s | %s | %s | %s | %d |\n", a.jobs, seconds(a.wall), seconds(limit.time),
			seconds(a.cpu), seconds(a.providerCPU), mebibytes(a.peak), mebibytes(limit.peak), a.state/int64(a.jobs))
	}
	fmt.Fprintf(w, `
| %d jobs of %s, one apply | time here | target |
|---|--:|--:|
| **one `+"`workspace_jobs`"+`**; each begins when it is first looked at | %s | %s |
| `+"`for_each`"+` of `+"`workspace_job`"+`; each begins when it is first looked at | %s | |
| `+"`for_each`"+` of `+"`workspace_job`"+`; all begin just before the apply | %s | |

Terraform runs ten reads at a time: through `+"`for_each`"+`, the eleventh job is not looked at
before the first has ended.
`, briefJobs, seconds(briefJob), seconds(c.together), seconds(briefLimit), seconds(c.slots), seconds(c.slotsAlongside))
	printWeight(w, c.weight)
}
