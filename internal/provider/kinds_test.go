package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// withAgencies is the service with an agency in another account, whose project
// has the same name, and one of the machine that the simulator runs on.
func withAgencies(t *testing.T, change func(*simulator.Scenario)) *service {
	t.Helper()
	const otherProject = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
	job := func(projectID string) simulator.Job {
		j := endsAfter("job", 3*time.Second, simulator.Phase{Status: simulator.StatusSuccess})
		j.ProjectID = projectID
		return j
	}
	sc := scenario([]simulator.Job{job(""), job(otherProject)})
	sc.Agencies = []simulator.Agency{
		{Name: "reader", DomainName: "granting-account", DomainID: "granting-id", Projects: []simulator.Project{{ID: otherProject, Name: simulator.DefaultRegion}}},
		{Name: "ecs", DomainName: domainName, DomainID: domainID},
	}
	sc.Metadata = &simulator.Metadata{Agency: "ecs", RequireToken: true}
	if change != nil {
		change(&sc)
	}
	server, err := simulator.Start(sc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &service{server}
}

// koocli writes a configuration file of KooCLI.
func koocli(t *testing.T, profiles string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"current":"default","profiles":[`+profiles+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEachRenewableCredentialGoesOnWhenItIsRefusedInTheMiddle follows a job to
// its end with each kind of credential, through a refusal that asks for another
// one. A token and static keys cannot be renewed.
func TestEachRenewableCredentialGoesOnWhenItIsRefusedInTheMiddle(t *testing.T) {
	t.Parallel()
	keys := fmt.Sprintf(`"accessKeyId":%q,"secretAccessKey":%q`, canaryAccess, canarySecret)
	for name, c := range map[string]struct {
		env       map[string]string
		operation string // that gives another one
	}{
		"password": {
			map[string]string{"HW_USER_NAME": userName, "HW_DOMAIN_NAME": domainName, "HW_USER_PASSWORD": canaryPassword},
			simulator.OperationToken,
		},
		"password, by OS_ variables": {
			map[string]string{"OS_USERNAME": userName, "OS_USER_DOMAIN_NAME": domainName, "OS_PASSWORD": canaryPassword},
			simulator.OperationToken,
		},
		"agency, by the account's name": {
			map[string]string{
				"HW_ACCESS_KEY": canaryAccess, "HW_SECRET_KEY": canarySecret,
				"HW_ASSUME_ROLE_AGENCY_NAME": "reader", "HW_ASSUME_ROLE_DOMAIN_NAME": "granting-account",
			},
			simulator.OperationAgency,
		},
		"agency, by the account's id": {
			map[string]string{
				"HW_ACCESS_KEY": canaryAccess, "HW_SECRET_KEY": canarySecret,
				"HW_ASSUME_ROLE_AGENCY_NAME": "reader", "HW_ASSUME_ROLE_DOMAIN_ID": "granting-id", "HW_ASSUME_ROLE_DURATION": "900",
			},
			simulator.OperationAgencyV5,
		},
		"agency, from temporary keys": {
			map[string]string{
				"HW_ACCESS_KEY": canaryTempAccess, "HW_SECRET_KEY": canaryTempSecret, "HW_SECURITY_TOKEN": canarySecurityToken,
				"HW_ASSUME_ROLE_AGENCY_NAME": "reader", "HW_ASSUME_ROLE_DOMAIN_ID": "granting-id",
			},
			simulator.OperationAgencyV5,
		},
		"agency, from a password": {
			map[string]string{
				"HW_USER_NAME": userName, "HW_DOMAIN_NAME": domainName, "HW_USER_PASSWORD": canaryPassword,
				"HW_ASSUME_ROLE_AGENCY_NAME": "reader", "HW_ASSUME_ROLE_DOMAIN_NAME": "granting-account",
			},
			simulator.OperationAgency,
		},
		"the agency of a profile": {
			map[string]string{"HW_SHARED_CONFIG_FILE": koocli(t, `{"name":"default","mode":"agency",`+keys+
				`,"projectId":"of-the-caller","agencyName":"reader","agencyDomainName":"granting-account"}`)},
			simulator.OperationAgency,
		},
		"the agency of an ECS": {
			map[string]string{"HW_ECS_METADATA": "true"}, simulator.OperationMetadataKey,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withAgencies(t, func(sc *simulator.Scenario) {
				sc.Faults = []simulator.Fault{{
					On: simulator.OperationJob, Skip: 1, Times: 1, Status: 401, Body: `{"error_code":"APIGW.0307","error_msg":"The token must be updated."}`,
				}}
			})
			c.env["HW_REGION_NAME"], c.env["HW_AUTH_URL"], c.env["HW_STS_ENDPOINT"] = simulator.DefaultRegion, s.URL+"/v3", s.URL
			c.env["HW_WORKSPACE_ENDPOINT"], c.env["HW_METADATA_ENDPOINT"] = s.URL, s.URL
			w := newWorkdir(t, c.env, `data "workspace_job" "job" {
				job_id       = "job"
				wait_timeout = "30s"
			}`)
			w.run("apply", "-json", "-input=false", "-auto-approve").succeeds()
			if got := w.state()["data.workspace_job.job"]["status"]; got != "success" {
				t.Errorf("got %v", got)
			}
			if got := s.Count(c.operation); got != 2 {
				t.Errorf("%d requests for a credential, want one and its renewal:\n%s", got, s.record())
			}
		})
	}
}

func TestAProfileSignsIn(t *testing.T) {
	t.Parallel()
	permanent := fmt.Sprintf(`{"name":"default","mode":"AKSK","accessKeyId":%q,"secretAccessKey":%q,"region":%q,"projectId":%q}`,
		canaryAccess, canarySecret, simulator.DefaultRegion, simulator.DefaultProjectID)
	sso := fmt.Sprintf(`{"name":"sso","mode":"SSO","region":%q,"ssoAuth":{"stsToken":{"accessKeyId":%q,"secretAccessKey":%q,"securityToken":%q}}}`,
		simulator.DefaultRegion, canaryTempAccess, canaryTempSecret, canarySecurityToken)
	encrypted := `{"name":"encrypted","mode":"AKSK","accessKeyId":"` + canaryWrong + `/+==","secretAccessKey":"` + canaryWrong + `"}`
	for name, c := range map[string]struct {
		block    string
		requests int
		says     []string
	}{
		"the current one, with its project": {"", 1, nil},
		"another one":                       {`profile = "sso"`, 2, nil},
		"an encrypted one":                  {`profile = "encrypted"`, 0, []string{"Invalid profile", "hcloud configure set --cli-auth-encrypt=false"}},
		"an unknown one":                    {`profile = "nobody"`, 0, []string{"Invalid profile", `no profile "nobody"`, `"sso"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{ended("job", simulator.StatusSuccess)})
			w := newWorkdir(t, nil, fmt.Sprintf("provider \"workspace\" {\n  endpoint = %q\n  auth_url = %q\n  shared_config_file = %q\n  %s\n}\n",
				s.URL, s.URL, koocli(t, permanent+","+sso+","+encrypted), c.block)+`data "workspace_job" "job" { job_id = "job" }`)
			o := w.run("plan", "-json", "-input=false")
			if got := s.Count(""); got != c.requests {
				t.Errorf("%d requests, want %d:\n%s", got, c.requests, s.record())
			}
			if c.says == nil {
				o.succeeds()
				return
			}
			wantTexts(t, o.fails().problem(`provider["`+Address+`"]`), c.says...)
		})
	}
}

func TestAProfileRanksAtTheLevelThatNamesIt(t *testing.T) {
	t.Parallel()
	file := koocli(t, `{"name":"default","mode":"AKSK","accessKeyId":"AK-P","secretAccessKey":"SK-P","region":"cn-north-9","projectId":"project-p"},
		{"name":"agency","mode":"agency","accessKeyId":"AK-P","secretAccessKey":"SK-P","region":"cn-north-9","projectId":"project-p",
		"agencyName":"reader","agencyDomainId":"granting-id"}`)
	key := auth.AccessKey{Access: "AK-P", Secret: "SK-P"}
	for name, c := range map[string]struct {
		block, env given
		credential auth.Credential
		region     string
		project    string
	}{
		"in the block, before the environment": {
			given{"shared_config_file": file}, given{"HW_REGION_NAME": "cn-north-4", "HW_PROJECT_ID": "project-e", "HW_AUTH_TOKEN": "t"},
			key, "cn-north-9", "project-p",
		},
		"in the block, after single arguments there": {
			given{"shared_config_file": file, "region": "cn-north-4", "project_id": "project-b"}, nil,
			key, "cn-north-4", "project-b",
		},
		"in the environment, before OS_ variables": {
			nil, given{"HW_SHARED_CONFIG_FILE": file, "OS_REGION_NAME": "cn-north-4", "OS_PROJECT_ID": "project-o", "OS_AUTH_TOKEN": "t"},
			key, "cn-north-9", "project-p",
		},
		"in the environment, after single variables there": {
			nil, given{"HW_SHARED_CONFIG_FILE": file, "HW_REGION_NAME": "cn-north-4"},
			key, "cn-north-4", "project-p",
		},
		"in the environment, after a credential in the block": {
			given{"token": "t"}, given{"HW_SHARED_CONFIG_FILE": file},
			auth.Token{Value: "t"}, "cn-north-9", "project-p",
		},
		"its agency, whose project is looked up": {
			given{"shared_config_file": file, "profile": "agency"}, nil,
			auth.Agency{Caller: key, Name: "reader", DomainID: "granting-id", Duration: auth.DefaultAgencyDuration}, "cn-north-9", "",
		},
		"its agency, not for another credential": {
			given{"token": "t"}, given{"HW_SHARED_CONFIG_FILE": file, "HW_PROFILE": "agency"},
			auth.Token{Value: "t"}, "cn-north-9", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolveConfig(t, c.block, c.env)
			wantProblems(t, got.problems)
			credential := got.config.auth.Credential
			if agency, ok := credential.(auth.Agency); ok {
				if agency.STS.String() != "https://sts."+c.region+".myhuaweicloud.com" {
					t.Errorf("got STS at %s", agency.STS)
				}
				agency.STS = nil
				credential = agency
			}
			if credential != c.credential || got.config.auth.ProjectName != c.region || got.config.auth.ProjectID != c.project {
				t.Errorf("got %T, region %s, project %s", credential, got.config.auth.ProjectName, got.config.auth.ProjectID)
			}
		})
	}
}

func TestAProfileIsCheckedLikeArguments(t *testing.T) {
	t.Parallel()
	const good = `"accessKeyId":"AK-P","secretAccessKey":"SK-P","name":"default"`
	for name, c := range map[string]struct{ fields, argument string }{
		"a region that is no part of a host": {`{` + good + `,"region":"cn_north 4"}`, argRegion},
		"a project that leaves its path":     {`{` + good + `,"region":"cn-north-4","projectId":"a/../b"}`, argProjectID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolveConfig(t, given{"shared_config_file": koocli(t, c.fields)}, nil)
			if len(got.problems) != 1 || !strings.HasPrefix(got.problems[0], "["+c.argument+"] Invalid "+c.argument) {
				t.Errorf("got %q", got.problems)
			}
		})
	}
}

func TestAProfileThatIsNotChosenIsNoProblem(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"without keys": koocli(t, `{"name":"default","mode":"ecsAgency"}`), "missing": "/nowhere/config.json",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolveConfig(t, soundBlock, given{"HW_SHARED_CONFIG_FILE": file})
			wantProblems(t, got.problems)
			if got.config.auth.Credential != auth.Credential(auth.Token{Value: "token-value"}) {
				t.Errorf("got %T", got.config.auth.Credential)
			}
		})
	}
}

// TestEachPairOfKindsAtOneLevelIsRefused with the names of both.
func TestEachPairOfKindsAtOneLevelIsRefused(t *testing.T) {
	t.Parallel()
	value := map[string]string{argECSMetadata: "true"}
	pairs := 0
	for l, prefix := range map[level]string{fromBlock: "", fromHW: "HW_", fromOS: "OS_"} {
		for i, one := range kinds {
			for _, other := range kinds[i+1:] {
				for _, a := range one.arguments {
					for _, b := range other.arguments {
						set, names := given{}, []string{}
						for _, name := range []string{a, b} {
							text := value[name]
							if text == "" {
								text = "canary"
							}
							at := name
							if l != fromBlock {
								at = ""
								for _, variable := range argumentNamed(name).variables {
									if strings.HasPrefix(variable, prefix) {
										at = variable
										break
									}
								}
							}
							if at != "" {
								set[at] = text
								names = append(names, at)
							}
						}
						if len(names) < 2 {
							continue
						}
						pairs++
						set = merged(set)
						block, env := set, given{}
						if l != fromBlock {
							block, env = given{}, set
						}
						r := newResolver(stringsOf(block), func(name string) string { return env[name] })
						r.check()
						if len(r.problems) != 1 || r.problems[0].summary != "More than one credential" ||
							!strings.Contains(r.problems[0].detail, names[0]) || !strings.Contains(r.problems[0].detail, names[1]) {
							t.Errorf("%v: got %+v", names, r.problems)
						}
					}
				}
			}
		}
	}
	// Five kinds by seven arguments; OS_ variables name three by four.
	if want := 19 + 19 + 5; pairs != want {
		t.Errorf("%d pairs, want %d", pairs, want)
	}
}

func TestAnAgencyThatIsIncompleteIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		block given
		want  string
	}{
		"no name": {
			given{argAgencyDomainName: "d"},
			"[assume_role.agency_name] Missing assume_role.agency_name: assume_role does not say which agency. " +
				"Set assume_role.agency_name (or HW_ASSUME_ROLE_AGENCY_NAME).",
		},
		"no account": {
			given{argAgencyName: "a"},
			"[assume_role.domain_name] Missing assume_role.domain_name: An agency is known within the account that has granted it. " +
				"Set assume_role.domain_name (or HW_ASSUME_ROLE_DOMAIN_NAME), or assume_role.domain_id (or HW_ASSUME_ROLE_DOMAIN_ID).",
		},
		"too short a session": {
			given{argAgencyName: "a", argAgencyDomainName: "d", argAgencyDuration: "899"},
			"[assume_role.duration] Invalid assume_role.duration: The provider argument assume_role.duration (or HW_ASSUME_ROLE_DURATION) " +
				"cannot be used: it must be a number of seconds from 900 to 86400.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolveConfig(t, merged(soundBlock, c.block), nil)
			seen := map[string]bool{}
			for _, problem := range got.problems {
				seen[problem] = true
			}
			if len(seen) != 1 || !seen[c.want] {
				t.Errorf("got %q, want %q", got.problems, c.want)
			}
		})
	}
}

func TestTheMetadataServiceIsALocalAddress(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"http://169.254.169.254": true, "http://127.0.0.1:8080": true, "http://[::1]:80": true, "http://localhost": true, "http://[fe80::1]": true,
		"https://169.254.169.254": false, "http://10.0.0.1": false, "http://metadata.invalid": false, "http://u@127.0.0.1": false,
		"http://127.0.0.1?x": false, "": false,
	} {
		if _, err := parseMetadataEndpoint(text); (err == nil) != ok {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// warnings are the summaries of a command's warnings.
func (o *outcome) warnings() (summaries []string) {
	for line := range strings.Lines(o.stdout) {
		var event struct{ Diagnostic diagnostic }
		if json.Unmarshal([]byte(line), &event) == nil && event.Diagnostic.Severity == "warning" && event.Diagnostic.Summary != "Provider development overrides are in effect" {
			summaries = append(summaries, event.Diagnostic.Summary)
		}
	}
	return summaries
}

// TestVersion1IsRetiredInTheMiddle: the waits go on over v2, and one warning says
// so and how to silence it.
func TestVersion1IsRetiredInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version  string
		warnings int
		fails    bool
	}{
		"left open":    {"", 1, false},
		"v2 asked for": {"v2", 0, false},
		"v1 asked for": {"v1", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := func(id string) simulator.Job {
				return endsAfter(id, 3*time.Second, simulator.Phase{Status: simulator.StatusSuccess})
			}
			s := start(t, []simulator.Job{job("one"), job("two")}, simulator.Fault{
				On: simulator.OperationJob, Skip: 2, Status: 404, Body: `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`,
			})
			w := newWorkdir(t, s.tokenEnv("HW_WORKSPACE_API_VERSION", c.version), `data "workspace_job" "job" {
				for_each     = toset(["one", "two"])
				job_id       = each.key
				wait_timeout = "30s"
			}`)
			o := w.run("apply", "-json", "-input=false", "-auto-approve")
			if c.fails {
				wantTexts(t, o.fails().problem(`data.workspace_job.job["one"]`), "API not found", "api_version")
				return
			}
			o.succeeds()
			if got := o.warnings(); len(got) != c.warnings {
				t.Errorf("got the warnings %q, want %d", got, c.warnings)
			}
			if got := w.state()[`data.workspace_job.job["two"]`]; got["status"] != "success" || got["operation"] != simulator.DefaultOperation || got["job_status"] != nil {
				t.Errorf("got %v", got)
			}
		})
	}
}

func stringsOf(block given) map[string]types.String {
	values := make(map[string]types.String, len(block))
	for name, text := range block {
		values[name] = types.StringValue(text)
	}
	return values
}
