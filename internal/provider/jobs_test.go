package provider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// withResources is a job that ended long ago and touched resources.
func withResources(id string, status int, resources ...string) simulator.Job {
	job := ended(id, status)
	for _, r := range resources {
		job.Phases[1].SubJobs = append(job.Phases[1].SubJobs, simulator.SubJob{
			ID: "sub-" + r, Status: status, Entities: json.RawMessage(`[{"resource_id":"` + r + `"}]`),
		})
	}
	return job
}

func TestManyJobsInOneRead(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{
		withResources("good", simulator.StatusSuccess, "r-2", "r-1"),
		withResources("bad", simulator.StatusFailed, "r-3", "r-1"),
		{ID: "slow", Phases: []simulator.Phase{{Status: simulator.StatusProcessing, SubJobs: []simulator.SubJob{
			{ID: "a", Status: simulator.StatusSuccess}, {ID: "b", Status: simulator.StatusProcessing},
		}}}},
	})
	const at = "data.workspace_jobs.all"
	texts := func(list ...string) knownvalue.Check {
		var checks []knownvalue.Check
		for _, text := range list {
			checks = append(checks, knownvalue.StringExact(text))
		}
		return knownvalue.ListExact(checks)
	}
	value := func(check knownvalue.Check, path ...string) statecheck.StateCheck {
		p := tfjsonpath.New(path[0])
		for _, step := range path[1:] {
			p = p.AtMapKey(step)
		}
		return statecheck.ExpectKnownValue(at, p, check)
	}
	unitTest(t, s.tokenEnv(), resource.TestStep{
		Config: `data "workspace_jobs" "all" { job_ids = ["slow", "bad", "good", "bad"] }`,
		ConfigStateChecks: []statecheck.StateCheck{
			value(texts("slow", "bad", "good", "bad"), "job_ids"),
			value(knownvalue.StringExact(simulator.DefaultProjectID), "project_id"),
			value(knownvalue.MapSizeExact(3), "jobs"),
			value(knownvalue.Bool(false), "succeeded"),
			value(texts("bad"), "failed_job_ids"),
			value(texts("slow"), "pending_job_ids"),
			value(texts("r-3", "r-1", "r-2"), "resource_ids"),
			value(knownvalue.StringExact("2 of 3 jobs have not succeeded; slow: still processing (1 of 2 sub-jobs done); "+
				"bad: failed; the service gave no reason; sub-job sub-r-3 failed; sub-job sub-r-1 failed"), "failure_reason"),
			value(knownvalue.StringExact("success"), "jobs", "good", "status"),
			value(knownvalue.Bool(true), "jobs", "good", "succeeded"),
			value(knownvalue.StringExact(""), "jobs", "good", "failure_reason"),
			value(texts("r-2", "r-1"), "jobs", "good", "resource_ids"),
			value(knownvalue.Int64Exact(0), "jobs", "bad", "job_status"),
			value(knownvalue.Bool(true), "jobs", "bad", "terminal"),
			value(knownvalue.Bool(false), "jobs", "slow", "terminal"),
			value(knownvalue.Null(), "jobs", "slow", "end_time"),
			value(knownvalue.Null(), "jobs", "slow", "operation"),
		},
	})
	// Each read asks once for each of the three, however often they are listed.
	for _, id := range []string{"good", "bad", "slow"} {
		if got, all := s.countOf(id), s.Count(""); got*3 != all {
			t.Errorf("%d of %d requests were for %s, want a third", got, all, id)
		}
	}
}

func TestAllJobsSucceeded(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{
		ended("one", simulator.StatusSuccess),
		endsAfter("two", time.Second, simulator.Phase{Status: simulator.StatusSuccess}),
	})
	const at = "data.workspace_jobs.all"
	unitTest(t, s.tokenEnv(), resource.TestStep{
		Config: `data "workspace_jobs" "all" {
			job_ids      = ["one", "two"]
			wait_timeout = "30s"
		}`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(at, tfjsonpath.New("succeeded"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(at, tfjsonpath.New("failure_reason"), knownvalue.StringExact("")),
			statecheck.ExpectKnownValue(at, tfjsonpath.New("pending_job_ids"), knownvalue.ListExact(nil)),
			statecheck.ExpectKnownValue(at, tfjsonpath.New("failed_job_ids"), knownvalue.ListExact(nil)),
			statecheck.ExpectKnownValue(at, tfjsonpath.New("resource_ids"), knownvalue.ListExact(nil)),
		},
	})
}

func TestOneErrorNamesEachJobThatBroughtNoSuccess(t *testing.T) {
	t.Parallel()
	fails := simulator.Phase{Status: simulator.StatusFailed, ExecuteCode: "WKS.1", ExecuteMessage: "no room"}
	jobs := []simulator.Job{
		ended("good", simulator.StatusSuccess),
		endsAfter("fails", time.Second, fails),
		endsAfter("slow", 4*time.Second, simulator.Phase{Status: simulator.StatusSuccess}),
	}
	read := func(arguments string) string {
		return "data \"workspace_jobs\" \"all\" {\n  job_ids = [\"good\", \"fails\", \"slow\"]\n" + arguments + "}\n"
	}
	t.Run("a failure and a wait that runs out", func(t *testing.T) {
		t.Parallel()
		w := newWorkdir(t, start(t, jobs).tokenEnv(), read("  wait_timeout = \"2s\"\n"))
		d := w.run("plan", "-json", "-input=false").fails().problem("data.workspace_jobs.all")
		wantTexts(t, d, "Jobs did not succeed", "2 of 3 jobs brought no success",
			"job fails: failed: WKS.1: no room", "job slow: still processing when time ran out",
			`wait_timeout = "2s"`, "allow_failure = true", "destroy -refresh=false")
		if strings.Contains(d.Detail, "job good") {
			t.Errorf("a job that succeeded is no part of the error: %s", d.Detail)
		}
	})
	t.Run("both are allowed for", func(t *testing.T) {
		t.Parallel()
		w := newWorkdir(t, start(t, jobs).tokenEnv(), read("  wait_timeout  = \"30s\"\n  allow_failure = true\n"))
		w.run("apply", "-json", "-input=false", "-auto-approve").succeeds()
		got := w.state()["data.workspace_jobs.all"]
		if held, _ := got["jobs"].(map[string]any); len(held) != 3 || fmt.Sprint(got["failed_job_ids"], got["pending_job_ids"]) != "[fails] []" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("many of them", func(t *testing.T) {
		t.Parallel()
		w := newWorkdir(t, start(t, jobs).tokenEnv("HW_MAX_RETRIES", "0"),
			`data "workspace_jobs" "all" { job_ids = [for i in range(25) : "missing-${i}"] }`)
		d := w.run("plan", "-json", "-input=false").fails().problem("data.workspace_jobs.all")
		wantTexts(t, d, "25 of 25 jobs", "job missing-0: could not be read; ", "404 Not Found", "job missing-19:", "and 5 more")
		if strings.Contains(d.Detail, "missing-20") {
			t.Errorf("more than twenty jobs are named: %s", d.Detail)
		}
	})
	t.Run("the credential is refused", func(t *testing.T) {
		t.Parallel()
		s := start(t, jobs)
		w := newWorkdir(t, s.tokenEnv("HW_AUTH_TOKEN", canaryWrong), read(""))
		d := w.run("plan", "-json", "-input=false").fails().problem("data.workspace_jobs.all")
		wantTexts(t, d, "Credential refused", "HW_AUTH_TOKEN")
		s.wantCount(t, 1)
	})
}

func TestJobIDsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ ids, says string }{
		"none":         {`[]`, "job_ids must list 1 to 10000 ids, not 0"},
		"too many":     {`flatten([for a in range(11) : [for b in range(1000) : "${a}-${b}"]])`, "job_ids must list 1 to 10000 ids, not 11000"},
		"a bad one":    {`["good", "a/b"]`, "job_ids[1] cannot be an id"},
		"a null":       {`["good", null]`, "job_ids[1] cannot be an id: it is empty"},
		"an empty one": {`[""]`, "job_ids[0] cannot be an id: it is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{ended("good", simulator.StatusSuccess)})
			w := newWorkdir(t, s.tokenEnv(), `data "workspace_jobs" "all" { job_ids = `+c.ids+` }`)
			wantTexts(t, w.run("plan", "-json", "-input=false").fails().problem("data.workspace_jobs.all"), c.says)
			s.wantCount(t, 0)
		})
	}
}

func TestManyJobsOfUnknownIDsAreReadDuringApply(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("one", simulator.StatusSuccess), ended("two", simulator.StatusSuccess)})
	unitTest(t, s.tokenEnv(), resource.TestStep{
		Config: `resource "terraform_data" "start" { input = "two" }
			data "workspace_jobs" "all" { job_ids = ["one", terraform_data.start.output] }`,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction("data.workspace_jobs.all", plancheck.ResourceActionRead),
			plancheck.ExpectUnknownValue("data.workspace_jobs.all", tfjsonpath.New("jobs")),
			s.unasked(),
		}},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.workspace_jobs.all", tfjsonpath.New("succeeded"), knownvalue.Bool(true)),
		},
	})
}

// TestErrorsPointAtAttributesThatExist: one that does not would point nowhere.
func TestErrorsPointAtAttributesThatExist(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("failed", simulator.StatusFailed), {ID: "slow", Phases: []simulator.Phase{{Status: simulator.StatusProcessing}}}})
	w := newWorkdir(t, s.tokenEnv("HW_MAX_RETRIES", "0"), `
data "workspace_jobs" "missing" {
  job_ids = ["nobody"]
}
data "workspace_jobs" "failed" {
  job_ids      = ["failed"]
  wait_timeout = "30s"
}
data "workspace_jobs" "slow" {
  job_ids      = ["slow"]
  wait_timeout = "1s"
}
data "workspace_job" "missing" {
  job_id = "nobody"
}
`)
	o := w.run("plan", "-json", "-input=false").fails()
	for address, code := range map[string]string{
		"data.workspace_jobs.missing": "job_ids", "data.workspace_jobs.failed": "job_ids",
		"data.workspace_jobs.slow": "wait_timeout", "data.workspace_job.missing": "job_id",
	} {
		if d := o.problem(address); !strings.HasPrefix(strings.TrimSpace(d.Snippet.Code), code+" ") {
			t.Errorf("%s: %s points at %q, want %s", address, d.Summary, d.Snippet.Code, code)
		}
	}
}
