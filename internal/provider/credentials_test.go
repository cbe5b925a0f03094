package provider

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// block is a provider block under an alias, with further arguments.
func block(alias string, arguments map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider \"workspace\" {\n  alias = %q\n", alias)
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		fmt.Fprintf(&b, "  %s = %q\n", name, arguments[name])
	}
	b.WriteString("}\n")
	return b.String()
}

// reads is so many data sources of one job, read with the provider of an alias.
func reads(alias, jobID string, count int) string {
	return fmt.Sprintf("data \"workspace_job\" %q {\n  provider = workspace.%s\n  count    = %d\n  job_id   = %q\n}\n", alias, alias, count, jobID)
}

// with returns the arguments with which this service is reached, and others.
func (s *service) with(arguments map[string]string) map[string]string {
	all := map[string]string{
		"endpoint": s.URL, "auth_url": s.URL + "/v3", "region": simulator.DefaultRegion, "requests_per_minute": "0",
	}
	maps.Copy(all, arguments)
	return all
}

// variables are those of the official Huawei Cloud provider, as users have them set.
var variables = map[string]string{
	"region": "HW_REGION_NAME", "project_id": "HW_PROJECT_ID", "endpoint": "HW_WORKSPACE_ENDPOINT", "auth_url": "HW_AUTH_URL",
	"token": "HW_AUTH_TOKEN", "access_key": "HW_ACCESS_KEY", "secret_key": "HW_SECRET_KEY", "security_token": "HW_SECURITY_TOKEN",
	"user_name": "HW_USER_NAME", "user_id": "HW_USER_ID", "password": "HW_USER_PASSWORD", "domain_name": "HW_DOMAIN_NAME",
	"domain_id": "HW_DOMAIN_ID", "requests_per_minute": "HW_REQUESTS_PER_MINUTE",
}

// environment is the same in variables.
func environment(t *testing.T, arguments map[string]string) map[string]string {
	t.Helper()
	env := make(map[string]string, len(arguments))
	for name, value := range arguments {
		if variables[name] == "" {
			t.Fatalf("%s has no variable", name)
		}
		env[variables[name]] = value
	}
	return env
}

// credentials are what the service accepts, in the provider's arguments.
var credentials = map[string]struct {
	arguments       map[string]string
	kind            simulator.Credential
	identity        string
	tokens, lookups int // requests to IAM, however many jobs are read
	many            bool
}{
	"token": {
		arguments: map[string]string{"token": canaryToken, "project_id": simulator.DefaultProjectID},
		kind:      simulator.CredentialToken, identity: "token 1", many: true,
	},
	"token_without_project_id": {
		arguments: map[string]string{"token": canaryToken},
		kind:      simulator.CredentialToken, identity: "token 1", lookups: 1,
	},
	"access_key": {
		arguments: map[string]string{"access_key": canaryAccess, "secret_key": canarySecret},
		kind:      simulator.CredentialAccessKey, identity: "access key 1", lookups: 1, many: true,
	},
	"access_key_with_project_id": {
		arguments: map[string]string{"access_key": canaryAccess, "secret_key": canarySecret, "project_id": simulator.DefaultProjectID},
		kind:      simulator.CredentialAccessKey, identity: "access key 1",
	},
	"temporary_access_key": {
		arguments: map[string]string{"access_key": canaryTempAccess, "secret_key": canaryTempSecret, "security_token": canarySecurityToken},
		kind:      simulator.CredentialTemporaryKey, identity: "access key 2", lookups: 1, many: true,
	},
	"password_and_domain_name": {
		arguments: map[string]string{"user_name": userName, "domain_name": domainName, "password": canaryPassword},
		kind:      simulator.CredentialToken, identity: "issued token 1", tokens: 1, many: true,
	},
	"password_and_domain_id": {
		arguments: map[string]string{"user_name": userName, "domain_id": domainID, "password": canaryPassword},
		kind:      simulator.CredentialToken, identity: "issued token 1", tokens: 1,
	},
	"password_and_user_id": {
		arguments: map[string]string{"user_id": userID, "password": canaryPassword},
		kind:      simulator.CredentialToken, identity: "issued token 1", tokens: 1,
	},
	"password_and_project_id": {
		arguments: map[string]string{
			"user_name": userName, "domain_name": domainName, "password": canaryPassword, "project_id": simulator.DefaultProjectID,
		},
		kind: simulator.CredentialToken, identity: "issued token 1", tokens: 1,
	},
}

// wantRequests fails the test unless there were exactly so many requests of each
// operation.
func (s *service) wantRequests(t *testing.T, jobs, tokens, lookups int) {
	t.Helper()
	for operation, want := range map[string]int{
		simulator.OperationJob: jobs, simulator.OperationToken: tokens, simulator.OperationProjects: lookups, "": jobs + tokens + lookups,
	} {
		if got := s.Count(operation); got != want {
			t.Errorf("there were %d requests %q, want %d:\n%s", got, operation, want, s.record())
		}
	}
}

func TestCredentialsFromTheProviderBlock(t *testing.T) {
	t.Parallel()
	// A token is requested once, and a project looked up once, whatever the number of
	// data sources: twenty for one of each kind.
	services := make(map[string]*service)
	var config strings.Builder
	for name, c := range credentials {
		services[name] = start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
		config.WriteString(block(name, services[name].with(c.arguments)) + reads(name, "over", fewOr20(c.many)))
	}
	newWorkdir(t, nil, config.String()).run("plan", "-json", "-input=false").succeeds()
	for name, c := range credentials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := services[name]
			s.wantRequests(t, fewOr20(c.many), c.tokens, c.lookups)
			for _, r := range s.Requests() {
				if r.Operation == simulator.OperationJob && (r.Credential != c.kind || r.Identity != c.identity) {
					t.Errorf("the job was read with the %s %q", r.Credential, r.Identity)
				}
			}
		})
	}
}

func TestCredentialsFromTheEnvironmentAlone(t *testing.T) {
	t.Parallel()
	for name, c := range credentials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
			w := newWorkdir(t, environment(t, s.with(c.arguments)), "data \"workspace_job\" \"job\" {\n  job_id = \"over\"\n}\n")
			w.run("plan", "-json", "-input=false").succeeds()
			s.wantRequests(t, 1, c.tokens, c.lookups)
			last := s.Requests()[c.tokens+c.lookups]
			if last.Credential != c.kind || last.Identity != c.identity {
				t.Errorf("the job was read with the %s %q", last.Credential, last.Identity)
			}
		})
	}
}

func fewOr20(many bool) int {
	if many {
		return 20
	}
	return 2
}

func TestATokenWithProjectAndEndpointNeedsNoRegionAndNoIAM(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	w := newWorkdir(t, nil, block("only", map[string]string{
		"token": canaryToken, "project_id": simulator.DefaultProjectID, "endpoint": s.URL,
	})+reads("only", "over", 1))
	w.run("plan", "-json", "-input=false").succeeds()
	s.wantRequests(t, 1, 0, 0)
}

func TestARefusedCredentialIsTriedOnce(t *testing.T) {
	t.Parallel()
	project := simulator.DefaultProjectID
	var (
		aboutToken    = []string{"token (or HW_AUTH_TOKEN)"}
		aboutKeys     = []string{"access_key (or HW_ACCESS_KEY)", "secret_key (or HW_SECRET_KEY)", "security_token (or HW_SECURITY_TOKEN)"}
		aboutPassword = []string{
			"password (or HW_USER_PASSWORD)", "user_name (or HW_USER_NAME)", "user_id", "domain_name (or HW_DOMAIN_NAME)", "domain_id",
		}
	)
	cases := map[string]struct {
		arguments             map[string]string
		texts                 []string
		answer                string
		jobs, tokens, lookups int
		expire, many          bool
	}{
		"token": {
			arguments: map[string]string{"token": canaryWrong, "project_id": project},
			texts:     aboutToken, answer: "401 Unauthorized, APIGW.0301", jobs: 1, many: true,
		},
		"token_at_the_lookup": {
			arguments: map[string]string{"token": canaryWrong},
			texts:     aboutToken, answer: "401 Unauthorized", lookups: 1,
		},
		"expired_token": {
			arguments: map[string]string{"token": canaryToken, "project_id": project}, expire: true,
			texts: aboutToken, answer: "401 Unauthorized, APIGW.0307", jobs: 1,
		},
		"access_key": {
			// The gateway's answer repeats the access key.
			arguments: map[string]string{"access_key": canaryWrong, "secret_key": canarySecret, "project_id": project},
			texts:     aboutKeys, answer: "Get secretKey failed,ak:***,err:ak not exist", jobs: 1,
		},
		"access_key_at_the_lookup": {
			arguments: map[string]string{"access_key": canaryWrong, "secret_key": canarySecret},
			texts:     aboutKeys, answer: "Get secretKey failed,ak:***,err:ak not exist", lookups: 1, many: true,
		},
		"secret_key": {
			arguments: map[string]string{"access_key": canaryAccess, "secret_key": canaryWrong, "project_id": project},
			texts:     aboutKeys, answer: "verify aksk signature fail", jobs: 1, many: true,
		},
		"security_token": {
			arguments: map[string]string{
				"access_key": canaryTempAccess, "secret_key": canaryTempSecret, "security_token": canaryWrong, "project_id": project,
			},
			texts: aboutKeys, answer: "decrypt token fail", jobs: 1, many: true,
		},
		"no_security_token": {
			arguments: map[string]string{"access_key": canaryTempAccess, "secret_key": canaryTempSecret, "project_id": project},
			texts:     aboutKeys, answer: "err:ak not exist", jobs: 1,
		},
		"password": {
			arguments: map[string]string{"user_name": userName, "domain_name": domainName, "password": canaryWrong},
			texts:     aboutPassword, answer: "The username or password is wrong.", tokens: 1, many: true,
		},
		"user": {
			arguments: map[string]string{"user_name": "nobody", "domain_name": domainName, "password": canaryPassword},
			texts:     aboutPassword, answer: "The username or password is wrong.", tokens: 1,
		},
		"domain": {
			arguments: map[string]string{"user_name": userName, "domain_id": "nowhere", "password": canaryPassword},
			texts:     aboutPassword, answer: "The username or password is wrong.", tokens: 1,
		},
		"user_id": {
			arguments: map[string]string{"user_id": "nobody", "password": canaryPassword, "project_id": project},
			texts:     aboutPassword, answer: "The username or password is wrong.", tokens: 1,
		},
	}
	services := make(map[string]*service)
	var config strings.Builder
	for name, c := range cases {
		services[name] = start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
		if c.expire {
			services[name].ExpireTokens()
		}
		// A wait does not try again, either.
		source := reads(name, "over", fewOr20(c.many))
		if c.jobs+c.tokens > 0 {
			source = strings.Replace(source, "count ", "wait_timeout = \"30m\"\n  count ", 1)
		}
		config.WriteString(block(name, services[name].with(c.arguments)) + source)
	}
	o := newWorkdir(t, nil, config.String()).run("plan", "-json", "-input=false").fails()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			services[name].wantRequests(t, c.jobs, c.tokens, c.lookups)
			for i := range fewOr20(c.many) { // All of them report it.
				d := o.problem(fmt.Sprintf("data.workspace_job.%s[%d]", name, i))
				if d.Summary != "Credential refused" {
					t.Errorf("got %v", d)
				}
				wantTexts(t, d, append(c.texts, "Job over could not be read", c.answer)...)
			}
		})
	}
}

func TestWhatTheServiceEchoesIsMasked(t *testing.T) {
	t.Parallel()
	// Encoded: base64 and hexadecimal, by hand.
	const base64, hexadecimal = "Y2FuYXJ5LW9mLXRoZS10b2tlbi02YjFm", "63616e6172792d6f662d7468652d746f6b656e2d36623166"
	message := fmt.Sprintf(`{"error_code":"WKS.00129901","error_msg":"You sent %s, or %s, or %s."}`, canaryToken, base64, hexadecimal)
	s := start(t, nil,
		simulator.Fault{JobID: "error", Status: http.StatusInternalServerError, Body: message},
		simulator.Fault{JobID: "forbidden", Status: http.StatusForbidden, Body: message},
		simulator.Fault{JobID: "no-job", Status: http.StatusOK, Body: message},
		simulator.Fault{JobID: "other-job", Status: http.StatusOK, Body: `{"job":{"job_id":"` + canaryToken + `"}}`},
		simulator.Fault{JobID: "redirect", Status: http.StatusFound, Headers: map[string]string{"Location": "https://" + canaryToken + ".example/"}},
		simulator.Fault{JobID: "plain", Status: http.StatusBadGateway, Body: canaryToken},
		simulator.Fault{JobID: "request-id", Status: http.StatusInternalServerError, Body: "{}", Headers: map[string]string{"X-Request-Id": canaryToken}},
		simulator.Fault{JobID: "failed", Status: http.StatusOK, Body: `{"job":{"job_status":0,"execute_message":"` + canaryToken + `"}}`},
	)
	var config strings.Builder
	for _, id := range []string{"error", "forbidden", "no-job", "other-job", "redirect", "plain", "request-id"} {
		fmt.Fprintf(&config, "data \"workspace_job\" %q {\n  job_id = %q\n}\n", id, id)
	}
	// What a failed job says is in the error, too.
	config.WriteString("data \"workspace_job\" \"failed\" {\n  job_id       = \"failed\"\n  wait_timeout = \"3s\"\n}\n")
	w := newWorkdir(t, s.tokenEnv("HW_MAX_RETRIES", "0"), config.String())
	w.secrets = append(w.secrets, base64, hexadecimal)
	o := w.run("plan", "-json", "-input=false").fails()
	for name, want := range map[string]string{
		"error": "You sent ***, or ***, or ***.", "forbidden": "You sent ***, or ***, or ***.", "no-job": "You sent ***, or ***, or ***.",
		"other-job": `another job's id, "***"`, "redirect": "a redirect to ***.example", "plain": "***",
		"request-id": "request id ***", "failed": "failed: ***",
	} {
		wantTexts(t, o.problem("data.workspace_job."+name), want)
	}
	// The check has looked at something: provider and CLI have written their trace.
	for _, text := range []string{`\[TRACE\]`, "provider.terraform-provider-workspace: answer: ", `request_id="?\*\*\*`} {
		if !regexp.MustCompile(text).MatchString(w.read("trace.log")) {
			t.Errorf("the trace lacks %q", text)
		}
	}
}
