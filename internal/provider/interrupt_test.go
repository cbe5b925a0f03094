//go:build unix

package provider

import (
	"bytes"
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

func TestCtrlCEndsTheCommandAtOnce(t *testing.T) {
	t.Parallel()
	endless := simulator.Job{ID: "endless", Phases: []simulator.Phase{{Status: simulator.StatusProcessing}}}
	for name, c := range map[string]struct {
		args   []string
		wait   string
		faults []simulator.Fault
		// arrived is how many requests there are when the signal comes.
		arrived int
		// logged is what the trace holds by then.
		logged string
		text   string
	}{
		"plan, during a wait": {
			args: []string{"plan"}, wait: `wait_timeout = "30m"`, arrived: 2, text: "Last status: processing",
		},
		"apply, during a wait": {
			args: []string{"apply", "-auto-approve"}, wait: `wait_timeout = "30m"`, arrived: 2, text: "Last status: processing",
		},
		"plan, during a request that hangs": {
			args: []string{"plan"}, faults: []simulator.Fault{{Hang: true}}, arrived: 1,
		},
		"apply, during a request that hangs": {
			args: []string{"apply", "-auto-approve"}, faults: []simulator.Fault{{Hang: true}}, arrived: 1,
		},
		"plan, during a wait whose request hangs": {
			args: []string{"plan"}, wait: `wait_timeout = "30m"`, faults: []simulator.Fault{{Hang: true, Skip: 1}}, arrived: 2,
			text: "Last status: processing",
		},
		"plan, between two tries": {
			args: []string{"plan"}, wait: `wait_timeout = "30m"`, arrived: 1,
			faults: []simulator.Fault{{Status: 503, Body: "{}", Headers: map[string]string{"Retry-After": "120"}}},
			logged: "could not read the job", text: "503 Service Unavailable",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{endless}, c.faults...)
			config := "data \"workspace_job\" \"job\" {\n  job_id = \"endless\"\n  " + c.wait + "\n}\n"
			if c.args[0] == "apply" {
				config = gate("job", "endless", c.wait)
			}
			w := newWorkdir(t, s.tokenEnv(), config)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := w.command(ctx, append(c.args, "-json", "-input=false")...)
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
			d := o.problem("data.workspace_job.job")
			if d.Summary != "Interrupted" {
				t.Errorf("got %v", d)
			}
			wantTexts(t, d, "The read of job endless was interrupted after ", "The job itself goes on.", c.text)
			if strings.Contains(d.Detail, "context canceled") {
				t.Errorf("the words are Go's: %s", d.Detail)
			}
		})
	}
}
