//go:build unix

package provider

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

func TestCtrlCEndsTheCommandAtOnce(t *testing.T) {
	t.Parallel()
	plan, apply := []string{"plan"}, []string{"apply", "-auto-approve"}
	const (
		waits    = `wait_timeout = "30m"`
		one      = "data.workspace_job.job"
		many     = "data.workspace_jobs.all"
		resource = "workspace_job_completion.job"
	)
	read := func(wait string) string {
		return "data \"workspace_job\" \"job\" {\n  job_id = \"endless\"\n  " + wait + "\n}\n"
	}
	readMany := func(wait string) string {
		return "data \"workspace_jobs\" \"all\" {\n  job_ids = [\"endless\", \"failed\", \"good\"]\n  " + wait + "\n}\n"
	}
	const create = `resource "workspace_job_completion" "job" { job_id = "endless" }`
	hang := simulator.Fault{Hang: true}
	ofOne := []string{"The read of job endless was interrupted after ", "The job itself goes on."}
	seen := append(slices.Clone(ofOne), "Last status: processing")
	for name, c := range map[string]struct {
		args            []string
		config, address string
		faults          []simulator.Fault
		// arrived is how many requests there are when the signal comes.
		arrived int
		// logged is what the trace holds by then.
		logged string
		texts  []string
	}{
		"plan, during a wait":                           {args: plan, config: read(waits), address: one, arrived: 2, texts: seen},
		"apply, during a wait that is part of its plan": {args: apply, config: read(waits), address: one, arrived: 2, texts: seen},
		"apply, during a wait":                          {args: apply, config: gate("job", "endless", waits), address: one, arrived: 2, texts: seen},
		"plan, during a request that hangs": {
			args: plan, config: read(""), address: one, faults: []simulator.Fault{hang}, arrived: 1, texts: ofOne,
		},
		"apply, during a request that hangs": {
			args: apply, config: gate("job", "endless", ""), address: one, faults: []simulator.Fault{hang}, arrived: 1, texts: ofOne,
		},
		"plan, during a wait whose request hangs": {
			args: plan, config: read(waits), address: one, faults: []simulator.Fault{{Hang: true, Skip: 1}}, arrived: 2, texts: seen,
		},
		"plan, between two tries": {
			args: plan, config: read(waits), address: one, arrived: 1,
			faults: []simulator.Fault{{Status: 503, Body: "{}", Headers: map[string]string{"Retry-After": "120"}}},
			logged: "could not read the job", texts: append(slices.Clone(ofOne), "503 Service Unavailable"),
		},
		"plan, during a wait for many jobs": {
			args: plan, config: readMany(waits), address: many, arrived: 4, texts: []string{
				"2 of 3 jobs brought no success", "job endless: interrupted", "job failed: failed", "Jobs that have not ended go on.",
			},
		},
		"apply, during a wait for many jobs that is part of its plan": {
			args: apply, config: readMany(waits), address: many, arrived: 4, texts: []string{"job endless: interrupted"},
		},
		"plan, during requests for many jobs that hang": {
			args: plan, config: readMany(""), address: many, faults: []simulator.Fault{hang}, arrived: 1,
			texts: append(slices.Clone(ofOne), "all 3 jobs"),
		},
		"apply, during the creation of a completion": {
			args: apply, config: create, address: resource, arrived: 2, texts: seen,
		},
		"apply, during the creation of a completion whose request hangs": {
			args: apply, config: create, address: resource, faults: []simulator.Fault{hang}, arrived: 1, texts: ofOne,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{
				{ID: "endless", Phases: []simulator.Phase{{Status: simulator.StatusProcessing}}},
				ended("failed", simulator.StatusFailed), ended("good", simulator.StatusSuccess),
			}, c.faults...)
			w := newWorkdir(t, s.tokenEnv(), c.config)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := w.command(ctx, append(slices.Clone(c.args), "-json", "-input=false")...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			// A terminal sends the signal to the whole group: to the CLI and to the
			// provider.
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			s.arrived(t, c.arrived)
			w.logged(c.logged)
			begin := time.Now()
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Error(err)
			}
			_ = cmd.Wait()
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
			o := w.outcome(cmd, stdout.String(), stderr.String()).fails()
			d := o.problem(c.address)
			if d.Summary != "Interrupted" {
				t.Errorf("got %v", d)
			}
			wantTexts(t, d, c.texts...)
			if strings.Contains(d.Detail, "context canceled") {
				t.Errorf("the words are Go's: %s", d.Detail)
			}
			if _, created := w.state()[resource]; created {
				t.Error("a completion whose creation was interrupted is in the state")
			}
		})
	}
}
