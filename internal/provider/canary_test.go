package provider

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// echoes are faults that give the client its own secrets back, as they are and
// encoded. Every command of a workdir looks for them in the output, the state and
// the trace.
func echoes(secrets []string) []simulator.Fault {
	var all []string
	for _, secret := range secrets {
		raw := []byte(secret)
		all = append(all, secret, url.QueryEscape(secret), hex.EncodeToString(raw),
			base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw))
	}
	echo, _ := json.Marshal("you sent " + strings.Join(all, " ") + " \x1b[31mred\x1b[0m\nnext line")
	text := string(echo)
	var faults []simulator.Fault
	for _, status := range []int{400, 401, 403, 404, 405, 409, 429, 500, 503} {
		faults = append(faults, simulator.Fault{
			Status: status, Body: `{"error_code":"APIGW.0301","error_msg":` + text + `,"request_id":` + text + `}`,
			Headers: map[string]string{"Retry-After": "40", "X-Request-Id": secrets[0]},
		})
	}
	return append(faults,
		simulator.Fault{Status: 401, Body: `{"error":{"code":401,"message":` + text + `}}`},
		simulator.Fault{Status: 200, Body: `{"error_code":"X","error_msg":` + text + `}`},
		simulator.Fault{Status: 200, Body: `{"job":{"job_id":` + text + `}}`},
		simulator.Fault{Status: 302, Headers: map[string]string{"Location": "https://" + secrets[0] + ".invalid/" + secrets[0]}},
		simulator.Fault{Status: 502, Body: strings.Join(all, "\n")},
		simulator.Fault{Status: 200, Body: "<html>" + secrets[0] + "</html>"},
		simulator.Fault{Close: true},
		simulator.Fault{Truncate: 10},
	)
}

func TestNoSecretComesBackFromAnyFault(t *testing.T) {
	t.Parallel()
	kinds := map[string]map[string]string{
		"token":      {"HW_AUTH_TOKEN": canaryToken, "HW_PROJECT_ID": simulator.DefaultProjectID},
		"access key": {"HW_ACCESS_KEY": canaryAccess, "HW_SECRET_KEY": canarySecret},
		"temporary key": {
			"HW_ACCESS_KEY": canaryTempAccess, "HW_SECRET_KEY": canaryTempSecret, "HW_SECURITY_TOKEN": canarySecurityToken,
		},
		"password": {"HW_USER_NAME": userName, "HW_DOMAIN_NAME": domainName, "HW_USER_PASSWORD": canaryPassword},
		"agency": {
			"HW_ACCESS_KEY": canaryAccess, "HW_SECRET_KEY": canarySecret,
			"HW_ASSUME_ROLE_AGENCY_NAME": "reader", "HW_ASSUME_ROLE_DOMAIN_ID": "granting-id",
		},
		"the agency of an ECS": {"HW_ECS_METADATA": "true"},
		"profile":              {"HW_SHARED_CONFIG_FILE": koocli(t, `{"name":"default","accessKeyId":"`+canaryAccess+`","secretAccessKey":"`+canarySecret+`"}`)},
	}
	for name, env := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var secrets []string
			for variable, value := range env {
				for _, secret := range canaries {
					if variable == "HW_SHARED_CONFIG_FILE" {
						value = canaryAccess
					}
					if value == secret {
						secrets = append(secrets, value)
					}
				}
			}
			if secrets == nil {
				secrets = []string{"not-a-secret"} // What the metadata service issues is not known yet.
			}
			s := withAgencies(t, nil)
			env["HW_REGION_NAME"], env["HW_AUTH_URL"], env["HW_STS_ENDPOINT"] = simulator.DefaultRegion, s.URL+"/v3", s.URL
			env["HW_WORKSPACE_ENDPOINT"], env["HW_METADATA_ENDPOINT"] = s.URL, s.URL
			env["HW_MAX_RETRIES"], env["HW_REQUESTS_PER_MINUTE"] = "0", "0"
			// One configuration has one credential, which a refusal may end for good; so
			// each fault has an alias of its own, and all of them one run.
			var config strings.Builder
			for i, fault := range echoes(secrets) {
				alias := "a" + string(rune('a'+i))
				fault.JobID = alias
				s.AddFault(fault)
				config.WriteString("provider \"workspace\" {\n  alias = \"" + alias + "\"\n}\n" +
					"data \"workspace_job\" \"" + alias + "\" {\n  provider = workspace." + alias + "\n  job_id = \"" + alias + "\"\n}\n")
			}
			w := newWorkdir(t, env, config.String())
			w.secrets = append(w.secrets, "\x1b[31mred", `\u001b[31mred`)
			o := w.run("plan", "-json", "-input=false").fails()
			for i := range echoes(secrets) {
				if at := "data.workspace_job.a" + string(rune('a'+i)); len(o.problems[at]) != 1 {
					t.Errorf("%s has met no fault: %v", at, o.problems[at])
				}
			}
		})
	}
}

func TestNoSecretIsInAPlan(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("job", simulator.StatusSuccess)})
	w := newWorkdir(t, s.tokenEnv(), gate("one", "job", `wait_timeout = "30s"`)+
		`data "workspace_job" "known" { job_id = "job" }
		resource "workspace_job_completion" "done" { job_id = "job" }`)
	w.run("plan", "-json", "-input=false", "-out=tfplan").succeeds()
	// With credentials from the environment, the whole plan is free of them.
	w.run("show", "-json", "tfplan").succeeds()
	w.run("apply", "-json", "-input=false", "tfplan").succeeds()
	w.run("show", "-json").succeeds()
}

// TestDiagnosticsAreTheLastToMask: what came past all other masks stops there.
func TestDiagnosticsAreTheLastToMask(t *testing.T) {
	t.Parallel()
	s := &session{client: workspace.New(workspace.Options{}), secrets: &transport.Secrets{}}
	s.secrets.Add(canaryToken)
	reason := "wants " + canaryToken
	job := &workspace.Job{ID: "job", Task: workspace.Task{Status: workspace.StatusFailed, ExecuteMessage: &reason}}
	var diags diag.Diagnostics
	s.report(&diags, &workspace.Error{Outcome: workspace.OutcomeFailed, JobID: "job", Last: job}, ofDataSource)
	if detail := diags[0].Detail(); strings.Contains(detail, canaryToken) || !strings.Contains(detail, "wants ***") {
		t.Errorf("got %s", detail)
	}
	if fields := (terraformLog{s.secrets}).mask(map[string]any{"error": reason, "calls": 1}); fields["error"] != "wants ***" || fields["calls"] != 1 {
		t.Errorf("got %v", fields)
	}
}
