package provider

import (
	"context"
	"fmt"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

type planCheck func(*tfjson.Plan) error

func (c planCheck) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = c(req.Plan)
}

// address is the data source of these tests.
const address = "data.workspace_job.job"

// deferred checks that a plan has left the read to apply, after so many requests of
// what came before.
func (s *service) deferred(before int) []plancheck.PlanCheck {
	return []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionRead),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("status")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("succeeded")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("sub_jobs")),
		planCheck(func(*tfjson.Plan) error { return s.count(before) }),
	}
}

// applied checks what is so right after apply, before the plans that follow.
func (s *service) applied(requests int) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, tfjsonpath.New("status"), knownvalue.StringExact("success")),
		stateCheck(func(*tfjson.State) error { return s.count(requests) }),
	}
}

func (s *service) count(want int) error {
	if got := s.Count(""); got != want {
		return fmt.Errorf("there were %d requests so far, want %d:\n%s", got, want, s.record())
	}
	return nil
}

// rereads are the reads of a step after its apply: the two plans that look for
// differences.
const rereads = readsPerStep - 1

func TestAJobWithAnIDUnknownAtPlanIsReadInApply(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]string{"read": "", "waited for": `wait_timeout = "30s"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
			unitTest(t, s.tokenEnv(), resource.TestStep{
				Config:             gate("job", "over", arguments),
				ExpectNonEmptyPlan: true, // timestamp() is new each time.
				ConfigPlanChecks:   resource.ConfigPlanChecks{PreApply: s.deferred(0)},
				ConfigStateChecks:  s.applied(1),
			})
			s.wantCount(t, 1+rereads)
		})
	}
}

func TestAJobThatDependsOnAChangeIsReadInApply(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	config := func(input string) string {
		return fmt.Sprintf(`
resource "terraform_data" "start" {
  input = %q
}
data "workspace_job" "job" {
  job_id       = "over"
  wait_timeout = "30s"
  depends_on   = [terraform_data.start]
}
`, input)
	}
	unitTest(t, s.tokenEnv(),
		resource.TestStep{ // The resource is created.
			Config:            config("one"),
			ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: s.deferred(0)},
			ConfigStateChecks: s.applied(1),
		},
		resource.TestStep{ // It changes in place.
			Config:            config("two"),
			ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: s.deferred(1 + rereads)},
			ConfigStateChecks: s.applied(2 + rereads),
		},
		resource.TestStep{ // It does not change, and so the job is read at plan.
			Config: config("two"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectEmptyPlan(),
				planCheck(func(*tfjson.Plan) error { return s.count(3 + 2*rereads) }),
			}},
			ConfigStateChecks: s.applied(3 + 2*rereads),
		},
	)
	s.wantCount(t, 3+3*rereads)
}

func TestAProviderWithAnUnknownTokenPlansADeferredReadCleanly(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	env := s.tokenEnv()
	delete(env, "HW_AUTH_TOKEN")
	unitTest(t, env, resource.TestStep{
		Config: fmt.Sprintf(`
resource "terraform_data" "login" {
  input = %q
}
provider "workspace" {
  token = terraform_data.login.output
}
data "workspace_job" "job" {
  job_id     = "over"
  depends_on = [terraform_data.login]
}
`, canaryToken),
		ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: s.deferred(0)},
		ConfigStateChecks: s.applied(1),
	})
	s.wantCount(t, 1+rereads)
}

func TestAProviderWithAnUnknownTokenCannotReadAtPlan(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	w := newWorkdir(t, map[string]string{}, fmt.Sprintf(`
resource "terraform_data" "login" {
  input = "a token"
}
provider "workspace" {
  endpoint   = %q
  project_id = terraform_data.login.id
  token      = terraform_data.login.output
}
data "workspace_job" "job" {
  job_id = "over"
}
`, s.URL))
	w.run("validate", "-json").succeeds()
	d := w.run("plan", "-json", "-input=false").fails().problem(address)
	if d.Summary != "Provider not configured yet" {
		t.Errorf("got %v", d)
	}
	wantTexts(t, d, "values that are not known before apply: project_id, token.")
	s.wantCount(t, 0)
}
