package provider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

const second = simulator.Duration(time.Second)

// gate is a data source that waits, and a resource that depends on it and notes
// when it was created. The job's id is not known before apply, so that the wait is
// part of apply.
func gate(name, jobID, arguments string) string {
	return fmt.Sprintf(`
resource "terraform_data" "start_%[1]s" {
  input = %[2]q
}
data "workspace_job" %[1]q {
  job_id = terraform_data.start_%[1]s.output
  %[3]s
}
resource "terraform_data" "after_%[1]s" {
  input = {
    job  = data.workspace_job.%[1]s.failure_reason
    time = timestamp()
  }
}
`, name, jobID, arguments)
}

func TestAGate(t *testing.T) {
	t.Parallel()
	failure := simulator.Phase{
		Status: simulator.StatusFailed, ExecuteCode: "WKS.00129901", ExecuteMessage: "1 of 2 servers could not be created.",
		SubJobs: []simulator.SubJob{
			{ID: "sub-good", Status: simulator.StatusSuccess, Entities: json.RawMessage(`[{"resource_id":"server-good"}]`)},
			{
				ID: "sub-bad", Status: simulator.StatusFailed, ExecuteCode: "WKS.00120077", ExecuteMessage: "The subnet has no free IP address.",
				Entities: json.RawMessage(`[{"resource_id":"server-bad","resource_name":"app-server-02"}]`),
			},
		},
	}
	success := func(subJob int) simulator.Phase {
		return simulator.Phase{Status: simulator.StatusSuccess, SubJobs: []simulator.SubJob{{ID: "sub-one", Status: subJob}}}
	}
	s := start(t, []simulator.Job{
		endsAfter("succeeds", 3*time.Second, simulator.Phase{Status: simulator.StatusSuccess}),
		endsAfter("fails", time.Second, failure),
		endsAfter("allowed", time.Second, failure),
		{ID: "contradicts", Phases: []simulator.Phase{success(simulator.StatusFailed)}},
		{ID: "unfinished", Phases: []simulator.Phase{success(simulator.StatusProcessing)}},
		{ID: "catches-up", FromFirstRead: true, Phases: []simulator.Phase{
			success(simulator.StatusProcessing), {After: second / 4, Status: 1, SubJobs: success(simulator.StatusSuccess).SubJobs},
		}},
		ended("over", simulator.StatusSuccess),
		ended("over-and-failed", simulator.StatusFailed),
	})
	w := newWorkdir(t, s.tokenEnv(),
		gate("succeeds", "succeeds", `wait_timeout = "30s"`)+
			gate("fails", "fails", `wait_timeout = "30s"`)+
			gate("allowed", "allowed", "wait_timeout = \"30s\"\n  allow_failure = true")+
			gate("contradicts", "contradicts", `wait_timeout = "30s"`)+
			gate("unfinished", "unfinished", `wait_timeout = "30s"`)+
			gate("catches_up", "catches-up", `wait_timeout = "30s"`)+
			gate("over", "over", `wait_timeout = "30s"`)+
			gate("not_waited_for", "over-and-failed", ""))

	w.run("plan", "-json", "-input=false", "-out=tfplan").succeeds()
	s.wantCount(t, 0) // No job's id was known.
	applied := w.run("apply", "-json", "-input=false", "tfplan").fails()
	state := w.state()

	created := func(name string) bool { return state["terraform_data.after_"+name] != nil }
	wantReads := func(t *testing.T, jobID string, least, most int) {
		t.Helper()
		if got := s.countOf(jobID); got < least || got > most {
			t.Errorf("job %s was asked for %d times, want %d to %d:\n%s", jobID, got, least, most, s.record())
		}
	}

	t.Run("opens after the job has succeeded", func(t *testing.T) {
		t.Parallel()
		if !created("succeeds") {
			t.Fatalf("the resource is not in the state: %s", applied.output)
		}
		output, _ := state["terraform_data.after_succeeds"]["output"].(map[string]any)
		createdAt, err := time.Parse(time.RFC3339, fmt.Sprint(output["time"]))
		if err != nil {
			t.Fatal(err)
		}
		job := state["data.workspace_job.succeeds"]
		endedAt, err := time.Parse(time.RFC3339, fmt.Sprint(job["end_time"]))
		if err != nil {
			t.Fatal(err)
		}
		if createdAt.Before(endedAt) {
			t.Errorf("the resource was created at %s, and the job ended at %s", createdAt, endedAt)
		}
		if job["status"] != "success" || job["succeeded"] != true || job["failure_reason"] != "" {
			t.Errorf("got %v", job)
		}
		// Looks at 0 s, and then a second apart, at the most a tenth less.
		wantReads(t, "succeeds", 4, 5)
	})
	t.Run("stays shut when the job fails, and says why and how to go on", func(t *testing.T) {
		t.Parallel()
		if created("fails") || state["data.workspace_job.fails"] != nil {
			t.Error("the failed job or what depends on it is in the state")
		}
		d := applied.problem("data.workspace_job.fails")
		if d.Summary != "Job did not succeed" || !strings.Contains(d.Snippet.Code, "job_id") {
			t.Errorf("got %v", d)
		}
		wantTexts(t, d,
			"Job fails (project "+simulator.DefaultProjectID+") ended without success",
			"failed: WKS.00129901: 1 of 2 servers could not be created.",
			"sub-job sub-bad failed: WKS.00120077: The subnet has no free IP address.",
			"server-bad (app-server-02)",
			"allow_failure = true", "destroy -refresh=false")
		for _, text := range []string{"sub-good", "server-good"} {
			if strings.Contains(d.Detail, text) {
				t.Errorf("%q is no part of the failure:\n%s", text, d.Detail)
			}
		}
	})
	t.Run("opens for a failed job with allow_failure", func(t *testing.T) {
		t.Parallel()
		output, _ := state["terraform_data.after_allowed"]["output"].(map[string]any)
		want := "failed: WKS.00129901: 1 of 2 servers could not be created.; " +
			"sub-job sub-bad failed: WKS.00120077: The subnet has no free IP address."
		if output["job"] != want {
			t.Errorf("got %v, want %s", output["job"], want)
		}
		job := state["data.workspace_job.allowed"]
		if job["status"] != "failed" || job["terminal"] != true || job["succeeded"] != false {
			t.Errorf("got %v", job)
		}
	})
	t.Run("stays shut when the job succeeds and a sub-job does not", func(t *testing.T) {
		t.Parallel()
		if created("contradicts") {
			t.Error("what depends on the job is in the state")
		}
		d := applied.problem("data.workspace_job.contradicts")
		wantTexts(t, d, "Job did not succeed", "reported success, but not all sub-jobs succeeded; sub-job sub-one failed")
		wantReads(t, "contradicts", 1, 1)
	})
	t.Run("stays shut when a sub-job is unfinished at the second look, too", func(t *testing.T) {
		t.Parallel()
		if created("unfinished") {
			t.Error("what depends on the job is in the state")
		}
		d := applied.problem("data.workspace_job.unfinished")
		wantTexts(t, d, "reported success, but not all sub-jobs succeeded; sub-job sub-one still processing")
		wantReads(t, "unfinished", 2, 2)
	})
	t.Run("opens when a sub-job catches up", func(t *testing.T) {
		t.Parallel()
		if !created("catches_up") || state["data.workspace_job.catches_up"]["succeeded"] != true {
			t.Errorf("got %v", state["data.workspace_job.catches_up"])
		}
		wantReads(t, "catches-up", 2, 2)
	})
	t.Run("of a job that is over takes one request", func(t *testing.T) {
		t.Parallel()
		if !created("over") {
			t.Error("what depends on the job is not in the state")
		}
		wantReads(t, "over", 1, 1)
	})
	t.Run("is none without wait_timeout: a failed job is data", func(t *testing.T) {
		t.Parallel()
		if !created("not_waited_for") || state["data.workspace_job.not_waited_for"]["status"] != "failed" {
			t.Errorf("got %v", state["data.workspace_job.not_waited_for"])
		}
		wantReads(t, "over-and-failed", 1, 1)
	})
}

func TestAWaitEndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{{
		ID: "endless", Age: 600 * second, ExpectedAfter: 1800 * second,
		Phases: []simulator.Phase{{Status: simulator.StatusProcessing, SubJobs: []simulator.SubJob{
			{ID: "sub-done", Status: simulator.StatusSuccess}, {ID: "sub-slow", Status: simulator.StatusProcessing},
		}}},
	}})
	for command, args := range map[string][]string{"plan": {"plan"}, "apply": {"apply", "-auto-approve"}} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			config := "data \"workspace_job\" \"endless\" {\n  job_id = \"endless\"\n  wait_timeout = \"3s\"\n}\n" +
				"resource \"terraform_data\" \"after_endless\" {\n  depends_on = [data.workspace_job.endless]\n}\n"
			if command == "apply" {
				config = gate("endless", "endless", `wait_timeout = "3s"`)
			}
			w := newWorkdir(t, s.tokenEnv(), config)
			o := w.run(append(args, "-json", "-input=false")...).fails()
			if o.took < 3*time.Second || o.took > 6*time.Second {
				t.Errorf("it took %s", o.took)
			}
			if w.state()["terraform_data.after_endless"] != nil {
				t.Error("what depends on the job is in the state")
			}
			d := o.problem("data.workspace_job.endless")
			if d.Summary != "Wait for the job timed out" || !strings.Contains(d.Snippet.Code, "wait_timeout") {
				t.Errorf("got %v", d)
			}
			wantTexts(t, d,
				`was still processing (1 of 2 sub-jobs done) when wait_timeout = "3s" ran out, after 3s and `,
				"Last status: processing", "Sub-jobs done: sub-done (success).", "Sub-jobs pending: sub-slow (processing).",
				"Expected end, as the service says: 20", "raise wait_timeout", "destroy -refresh=false")
		})
	}
}

func TestTheWaysOutOfAFailedGateAreOpen(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("failed", simulator.StatusFailed)})
	config := func(argument string) string {
		return fmt.Sprintf(`
data "workspace_job" "failed" {
  job_id       = "failed"
  wait_timeout = "30s"
  %s
}
resource "terraform_data" "after" {
  input = data.workspace_job.failed.status
}
`, argument)
	}
	w := newWorkdir(t, s.tokenEnv(), config("allow_failure = true"))
	w.run("apply", "-json", "-auto-approve").succeeds()
	s.wantCount(t, 1)

	// The job is a gate again, and fails whatever would read it.
	w.write("main.tf", required+config(""))
	for _, args := range [][]string{{"plan"}, {"destroy", "-auto-approve"}} {
		o := w.run(append(args, "-json")...).fails()
		wantTexts(t, o.problem("data.workspace_job.failed"), "Job did not succeed")
	}
	if w.state()["terraform_data.after"] == nil {
		t.Error("the resource is gone")
	}
	s.Reset()
	w.run("destroy", "-auto-approve", "-refresh=false", "-json").succeeds()
	s.wantCount(t, 0)
	if state := w.state(); len(state) != 0 {
		t.Errorf("the state still holds %v", state)
	}
}
