package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// onLine returns the errors at the line of the configuration that holds a text.
func (o *outcome) onLine(text string) []diagnostic {
	var found []diagnostic
	for _, problems := range o.problems {
		for _, d := range problems {
			if strings.Contains(d.Snippet.Code, text) {
				found = append(found, d)
			}
		}
	}
	return found
}

func TestValidateReportsEachContradictionOnItsAttribute(t *testing.T) {
	t.Parallel()
	// Each line with a mistake ends in a comment of its own, by which the error is
	// found. All are reported by one command.
	provider := map[string][2]string{ // by comment: the line, and the error
		"p1": {`endpoint = "ftp://x"`, "Invalid endpoint"},
		"p2": {`endpoint = "https://robot:hunter2@x.example"`, "Invalid endpoint"},
		"p3": {`endpoint = "https://x.example/?a=b"`, "Invalid endpoint"},
		"p4": {`endpoint = "http://x.example"`, "Invalid endpoint"},
		"p5": {`auth_url = "ftp://x"`, "Invalid auth_url"},
		"p6": {`max_retries = -1`, "Invalid max_retries"},
		"p7": {`project_id = "a/b"`, "Invalid project_id"},
		"p8": {`region = "cn north 4"`, "Invalid region"},
		"p9": {`cloud = "x.example/y"`, "Invalid cloud"},
	}
	job := map[string][2]string{
		"j1":  {`job_id = ""`, "Invalid id"},
		"j2":  {`job_id = "a/b"`, "Invalid id"},
		"j3":  {`job_id = "../x"`, "Invalid id"},
		"j4":  {`job_id = ".."`, "Invalid id"},
		"j5":  {`job_id = "` + strings.Repeat("1", 300) + `"`, "Invalid id"},
		"j6":  {`job_id = "a b"`, "Invalid id"},
		"j7":  {`job_id = "a%2fb"`, "Invalid id"},
		"j8":  {`wait_timeout = "0s"`, "Invalid duration"},
		"j9":  {`wait_timeout = "-3s"`, "Invalid duration"},
		"j10": {`wait_timeout = "soon"`, "Invalid duration"},
		"j11": {`wait_timeout = ""`, "Invalid duration"},
		"j12": {`poll_interval = "999ms"`, "Invalid duration"},
		"j13": {`project_id = "a?b"`, "Invalid id"},
	}
	var blocks, sources strings.Builder
	for _, name := range slices.Sorted(maps.Keys(provider)) {
		fmt.Fprintf(&blocks, "provider \"workspace\" {\n  alias = %q\n  %s # %s;\n}\n%s", name, provider[name][0], name, reads(name, "1", 1))
	}
	// One block with several mistakes: all of them at once.
	blocks.WriteString(`
provider "workspace" {
  endpoint    = "ftp://x" # all1;
  max_retries = -1        # all2;
  token       = "a-token" # all3;
  access_key  = "a-key"
}
data "workspace_job" "default" {
  job_id = "1"
}
`)
	provider["all1"] = [2]string{"endpoint", "Invalid endpoint"}
	provider["all2"] = [2]string{"max_retries", "Invalid max_retries"}
	provider["all3"] = [2]string{"token (or HW_AUTH_TOKEN) and access_key (or HW_ACCESS_KEY)", "More than one credential"}
	for _, name := range slices.Sorted(maps.Keys(job)) {
		line, id := job[name][0], `job_id = "1"`
		if strings.HasPrefix(line, "job_id") {
			id = ""
		}
		fmt.Fprintf(&sources, "data \"workspace_job\" %q {\n  %s\n  %s # %s;\n}\n", name, id, line, name)
	}
	// What uses a provider whose block is wrong is not looked at, and so the two are
	// apart.
	for config, mistakes := range map[string]map[string][2]string{blocks.String(): provider, sources.String(): job} {
		o := newWorkdir(t, nil, config).run("validate", "-json").fails()
		total := 0
		for _, found := range o.problems {
			total += len(found)
		}
		if total != len(mistakes) {
			t.Errorf("there are %d errors, want %d: %v", total, len(mistakes), o.problems)
		}
		for name, c := range mistakes {
			found := o.onLine("# " + name + ";")
			if len(found) != 1 || found[0].Summary != c[1] {
				t.Errorf("%s: got %v, want one %q", c[0], found, c[1])
				continue
			}
			argument, _, _ := strings.Cut(c[0], " =")
			wantTexts(t, found[0], argument)
			if strings.Contains(found[0].Detail, "hunter2") {
				t.Errorf("the password in a URL is repeated: %s", found[0].Detail)
			}
		}
	}
}

func TestValidateNeedsNeitherCredentialsNorNetwork(t *testing.T) {
	t.Parallel()
	w := newWorkdir(t, nil, `
provider "workspace" {}
data "workspace_job" "job" {
  job_id       = "575768277444198400"
  wait_timeout = "1h30m"
}
`)
	o := w.run("validate", "-json").succeeds()
	if len(o.problems) != 0 {
		t.Errorf("got %v", o.problems)
	}
}

func TestConfigurationsThatAreIncompleteAreErrors(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	keys := map[string]string{"access_key": canaryAccess, "secret_key": canarySecret}
	cases := map[string]struct {
		arguments, env map[string]string
		want           map[string][]string // by summary: what the error says
	}{
		"no credential": {
			arguments: map[string]string{"endpoint": s.URL, "project_id": "p"},
			want: map[string][]string{"No credential": {
				"token (HW_AUTH_TOKEN)", "access_key and secret_key (HW_ACCESS_KEY, HW_SECRET_KEY)",
				"user_name, domain_name and password (HW_USER_NAME, HW_DOMAIN_NAME, HW_USER_PASSWORD)",
			}},
		},
		"nothing at all": {
			want: map[string][]string{"No credential": nil, "Missing region": {"region (or HW_REGION_NAME)", "endpoint (or HW_WORKSPACE_ENDPOINT)"}},
		},
		"access_key without secret_key": {
			arguments: map[string]string{"endpoint": s.URL, "access_key": canaryAccess},
			want:      map[string][]string{"Missing secret_key": {"secret_key (or HW_SECRET_KEY)"}},
		},
		"secret_key without access_key, in the environment": {
			arguments: map[string]string{"endpoint": s.URL}, env: map[string]string{"HW_SECRET_KEY": canarySecret},
			want: map[string][]string{"Missing access_key": {"access_key (or HW_ACCESS_KEY)"}},
		},
		"token and keys in the environment": {
			arguments: map[string]string{"endpoint": s.URL},
			env:       map[string]string{"HW_AUTH_TOKEN": canaryToken, "HW_ACCESS_KEY": canaryAccess, "HW_SECRET_KEY": canarySecret},
			want:      map[string][]string{"More than one credential": {"HW_AUTH_TOKEN (token) and HW_ACCESS_KEY (access_key)"}},
		},
		"no region and no endpoint": {
			arguments: keys,
			want:      map[string][]string{"Missing region": {"region (or HW_REGION_NAME)", "endpoint (or HW_WORKSPACE_ENDPOINT)"}},
		},
		"a region without a known endpoint": {
			arguments: map[string]string{"access_key": canaryAccess, "secret_key": canarySecret, "region": "xx-nowhere-1"},
			want:      map[string][]string{"Invalid region": {"endpoint (or HW_WORKSPACE_ENDPOINT)"}},
		},
		"a file that is not there": {
			arguments: map[string]string{"access_key": canaryAccess, "secret_key": canarySecret, "endpoint": s.URL, "cacert_file": "no-such.pem"},
			want:      map[string][]string{"Invalid cacert_file": {"cacert_file", "no such file"}},
		},
		"variables that are no values": {
			arguments: keys,
			env:       map[string]string{"HW_WORKSPACE_ENDPOINT": "ftp://x", "HW_INSECURE": "maybe", "HW_MAX_RETRIES": "many"},
			want: map[string][]string{
				"Invalid insecure": {"HW_INSECURE", "true or false"}, "Invalid max_retries": {"HW_MAX_RETRIES"},
				"Invalid endpoint": {"HW_WORKSPACE_ENDPOINT"},
			},
		},
	}
	// None of them contradicts itself, and validate does not look further.
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		alias := strings.NewReplacer(" ", "_", ",", "").Replace(name)
		all.WriteString(block(alias, cases[name].arguments) + reads(alias, "1", 1))
	}
	newWorkdir(t, nil, all.String()).run("validate", "-json").succeeds()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newWorkdir(t, c.env, block("x", c.arguments)+reads("x", "1", 1)).run("plan", "-json", "-input=false").fails()
			got := make(map[string]diagnostic)
			for _, problems := range o.problems {
				for _, d := range problems {
					got[d.Summary] = d
				}
			}
			if want := slices.Sorted(maps.Keys(c.want)); !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
				t.Fatalf("got %v, want %q", got, want)
			}
			for summary, texts := range c.want {
				wantTexts(t, got[summary], texts...)
			}
		})
	}
	s.wantCount(t, 0)
}

func TestAnEmptyArgumentLeavesTheEnvironmentItsTurn(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	w := newWorkdir(t, s.tokenEnv(), block("x", map[string]string{"token": "", "endpoint": "", "access_key": ""})+reads("x", "over", 1))
	w.run("plan", "-json", "-input=false").succeeds()
	s.wantCount(t, 1)
}
