//go:build testacc

package provider

import (
	"fmt"
	"os"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// live tells that the tests are for a real account. Without the build tag, which
// `make testacc` sets, the tests of this file do not exist; with it, a variable that
// is missing is a failure.
const live = true

// liveTest reads a real job. Credential and region come from the environment.
func liveTest(t *testing.T, config string, checks ...statecheck.StateCheck) {
	t.Helper()
	cliPath(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"workspace": providerserver.NewProtocol6WithError(New("test")()),
		},
		Steps: []resource.TestStep{{Config: required + config, ConfigStateChecks: checks}},
	})
}

func TestAccLiveAFinishedJobIsRead(t *testing.T) {
	t.Parallel()
	id := os.Getenv("HW_WORKSPACE_JOB_ID")
	if id == "" {
		t.Fatal("HW_WORKSPACE_JOB_ID, the id of a job that has ended, is not set")
	}
	for name, arguments := range map[string]string{"read": "", "waited for": "wait_timeout = \"1m\"\n  allow_failure = true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const address = "data.workspace_job.live"
			liveTest(t, fmt.Sprintf("data \"workspace_job\" \"live\" {\n  job_id = %q\n  %s\n}\n", id, arguments),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(id)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("terminal"), knownvalue.Bool(true)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("begin_time"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("project_id"), knownvalue.NotNull()),
				knownStatus(address, "success", "failed"),
			)
		})
	}
}

func TestAccLiveARunningJobIsRead(t *testing.T) {
	t.Parallel()
	id := os.Getenv("HW_WORKSPACE_RUNNING_JOB_ID")
	if id == "" {
		t.Log("HW_WORKSPACE_RUNNING_JOB_ID is not set: a running job is not part of this run")
		return
	}
	liveTest(t, fmt.Sprintf("data \"workspace_job\" \"live\" {\n  job_id = %q\n}\n", id),
		statecheck.ExpectKnownValue("data.workspace_job.live", tfjsonpath.New("id"), knownvalue.StringExact(id)),
		knownStatus("data.workspace_job.live", "initializing", "processing", "success", "failed"),
	)
}

// knownStatus checks that a status is one of those, and not unknown.
func knownStatus(address string, statuses ...string) statecheck.StateCheck {
	return stateCheck(func(state *tfjson.State) error {
		for _, r := range state.Values.RootModule.Resources {
			for _, status := range statuses {
				if r.Address == address && r.AttributeValues["status"] == status {
					return nil
				}
			}
		}
		return fmt.Errorf("the status of %s is none of %q", address, statuses)
	})
}
