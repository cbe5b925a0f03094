package provider

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

const completion = "workspace_job_completion.done"

// done is a completion with arguments.
func done(jobID, arguments string) string {
	return fmt.Sprintf("resource \"workspace_job_completion\" \"done\" {\n  job_id = %q\n  %s\n}\n", jobID, arguments)
}

// unasked checks that there was no request since the last reset.
func (s *service) unasked() planCheck {
	return func(*tfjson.Plan) error { return s.count(0) }
}

// allKnown checks that nothing about a resource is to be known after apply.
func allKnown(address string) planCheck {
	return func(plan *tfjson.Plan) error {
		for _, change := range plan.ResourceChanges {
			unknown, _ := change.Change.AfterUnknown.(map[string]any)
			for name, value := range unknown {
				if change.Address == address && value == true {
					return fmt.Errorf("%s.%s is to be known after apply", address, name)
				}
			}
		}
		return nil
	}
}

func TestCompletionWaitsOnceAndGates(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{endsAfter("job", 2*time.Second, simulator.Phase{
		Status: simulator.StatusSuccess, SubJobs: []simulator.SubJob{{ID: "sub", Status: simulator.StatusSuccess}},
	})})
	w := newWorkdir(t, s.tokenEnv(), done("job", "")+`
resource "terraform_data" "after" {
  input = { ended = workspace_job_completion.done.end_time, now = timestamp() }
  lifecycle { ignore_changes = [input] }
}
`)
	w.run("plan", "-json", "-input=false", "-out=tfplan").succeeds()
	s.wantCount(t, 0) // A plan before the resource exists asks nothing.

	w.run("apply", "-json", "-input=false", "tfplan").succeeds()
	state := w.state()
	job := state[completion]
	if job["status"] != "success" || job["succeeded"] != true || job["wait_timeout"] != "60m" || job["id"] != "job" ||
		job["project_id"] != simulator.DefaultProjectID || job["operation"] != nil {
		t.Errorf("got %v", job)
	}
	after, _ := state["terraform_data.after"]["output"].(map[string]any)
	endedAt, err := time.Parse(time.RFC3339, fmt.Sprint(after["ended"]))
	if err != nil {
		t.Fatal(err)
	}
	if now, err := time.Parse(time.RFC3339, fmt.Sprint(after["now"])); err != nil || now.Before(endedAt) {
		t.Errorf("what depends on the job was made at %v (%v), and the job ended at %s", after["now"], err, endedAt)
	}
	if reads := s.Count(simulator.OperationJob); reads < 3 || reads > 4 {
		t.Errorf("%d requests for a job of 2 s, want 3 or 4", reads)
	}

	s.Reset()
	if o := w.run("plan", "-json", "-input=false", "-detailed-exitcode"); o.code != 0 {
		t.Errorf("the second plan is not empty: %s", o.output)
	}
	s.wantCount(t, 0)
	_ = s.Close() // The service is down.
	if o := w.run("plan", "-json", "-input=false", "-detailed-exitcode"); o.code != 0 {
		t.Errorf("the plan does not survive an outage: %s", o.output)
	}
	w.run("destroy", "-json", "-input=false", "-auto-approve").succeeds()
}

func TestCompletionThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		job       simulator.Job
		arguments string
		summary   string
		says      []string
	}{
		"the job fails": {
			endsAfter("job", time.Second, simulator.Phase{Status: simulator.StatusFailed, ExecuteMessage: "no room"}), "",
			"Job did not succeed", []string{"failed: no room"},
		},
		"the wait runs out": {
			simulator.Job{ID: "job", Phases: []simulator.Phase{{Status: simulator.StatusProcessing}}}, `wait_timeout = "1s"`,
			"Wait for the job timed out", []string{"still processing", `wait_timeout = "1s"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{c.job})
			w := newWorkdir(t, s.tokenEnv(), done("job", c.arguments)+
				"resource \"terraform_data\" \"after\" { input = workspace_job_completion.done.id }\n")
			d := w.run("apply", "-json", "-input=false", "-auto-approve").fails().problem(completion)
			if d.Summary != c.summary {
				t.Errorf("got %v", d)
			}
			wantTexts(t, d, c.says...)
			if state := w.state(); len(state) != 0 {
				t.Errorf("the state holds %v", state)
			}
			s.Reset()
			w.run("destroy", "-json", "-input=false", "-auto-approve").succeeds()
			s.wantCount(t, 0)
		})
	}
}

func TestCompletionIsChangedInPlaceWithoutARequest(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{withResources("job", simulator.StatusSuccess, "r-1"), ended("other", simulator.StatusSuccess)})
	inPlace := func(config string) resource.TestStep {
		return resource.TestStep{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(completion, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(completion, tfjsonpath.New("status"), knownvalue.StringExact("success")),
				plancheck.ExpectKnownValue(completion, tfjsonpath.New("operation"), knownvalue.Null()),
				plancheck.ExpectKnownValue(completion, tfjsonpath.New("resource_ids"), knownvalue.ListSizeExact(1)),
				plancheck.ExpectKnownValue(completion, tfjsonpath.New("sub_jobs"), knownvalue.ListSizeExact(1)),
				allKnown(completion),
				s.unasked(),
			}},
		}
	}
	replaced := func(config string) resource.TestStep {
		return resource.TestStep{
			PreConfig: s.Reset, Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(completion, plancheck.ResourceActionDestroyBeforeCreate),
				plancheck.ExpectUnknownValue(completion, tfjsonpath.New("status")),
				s.unasked(),
			}},
		}
	}
	first := resource.TestStep{Config: done("job", "")}
	// Between here and the replacement, nothing may ask.
	second := inPlace(done("job", "allow_failure = true"))
	second.PreConfig = s.Reset
	unitTest(t, s.tokenEnv(),
		first, second,
		inPlace(done("job", "wait_timeout = \"5m\"\n  poll_interval = \"2s\"")),
		inPlace(done("job", `triggers = { a = "1" }`)), // Where there were none, they replace nothing.
		replaced(done("job", `triggers = { a = "2" }`)),
		replaced(done("other", `triggers = { a = "2" }`)),
	)
}

func TestCompletionIsImported(t *testing.T) {
	t.Parallel()
	jobs := []simulator.Job{
		ended("job", simulator.StatusSuccess), ended("failed", simulator.StatusFailed),
		{ID: "running", Phases: []simulator.Phase{{Status: simulator.StatusProcessing}}},
	}
	for name, c := range map[string]struct{ job, id string }{
		"by the job's id":                   {"job", "job"},
		"by the project's id and the job's": {"job", simulator.DefaultProjectID + "/job"},
		"a job that failed":                 {"failed", "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, jobs)
			w := newWorkdir(t, s.tokenEnv(), done(c.job, `triggers = { a = "1" }`))
			w.run("import", "-input=false", completion, c.id).succeeds()
			s.wantCount(t, 1)
			if got := w.state()[completion]; got["job_id"] != c.job || got["terminal"] != true || got["wait_timeout"] != "60m" {
				t.Errorf("got %v", got)
			}
			s.Reset()
			o := w.run("plan", "-json", "-input=false").succeeds()
			if !regexp.MustCompile(`"action":"update"`).MatchString(o.stdout) || regexp.MustCompile(`"action":"(replace|create|delete)"`).MatchString(o.stdout) {
				t.Errorf("the plan after an import is more than an update: %s", o.stdout)
			}
			w.run("apply", "-json", "-input=false", "-auto-approve").succeeds()
			if o := w.run("plan", "-json", "-input=false", "-detailed-exitcode"); o.code != 0 {
				t.Errorf("the plan is not empty in the end: %s", o.output)
			}
			s.wantCount(t, 0)
		})
	}
	for name, c := range map[string]struct{ id, says string }{
		"a job that is running": {"running", "Job has not ended"},
		"a job that is missing": {"nobody", "Job not found"},
		"no id":                 {"a/b/c", "Invalid import id"},
		"half an id":            {"a/", "Invalid import id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkdir(t, start(t, jobs).tokenEnv(), done("running", ""))
			if o := w.run("import", "-input=false", "-no-color", completion, c.id).fails(); !regexp.MustCompile(c.says).MatchString(o.output) {
				t.Errorf("%q is missing in: %s", c.says, o.output)
			}
			if state := w.state(); len(state) != 0 {
				t.Errorf("the state holds %v", state)
			}
		})
	}
}

func TestCompletionOfAPurgedJobOrWithLostRightsPlansAsBefore(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"purged":      {Status: http.StatusNotFound, Body: `{"error_code":"WKS.00211902"}`},
		"lost rights": {Status: http.StatusForbidden, Body: `{"error_code":"APIGW.0302"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{ended("job", simulator.StatusSuccess)})
			w := newWorkdir(t, s.tokenEnv(), done("job", ""))
			w.run("apply", "-json", "-input=false", "-auto-approve").succeeds()
			s.AddFault(fault)
			if o := w.run("plan", "-json", "-input=false", "-detailed-exitcode"); o.code != 0 {
				t.Errorf("the plan is not empty: %s", o.output)
			}
			w.run("destroy", "-json", "-input=false", "-auto-approve").succeeds()
			s.wantCount(t, 1)
		})
	}
}
