package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
)

// given are arguments by name, or variables by name.
type given map[string]string

// unknownValue stands for a value that is not known before apply.
const unknownValue = "\x00unknown"

// resolving is what a block and an environment gave.
type resolving struct {
	config  config
	unknown []string
	// problems are lines: the attribute in brackets, summary, and detail.
	problems []string
}

func resolveConfig(t *testing.T, block, env given) resolving {
	t.Helper()
	known := make(map[string]bool, len(arguments))
	for _, a := range arguments {
		known[a.name] = true
		for _, variable := range a.variables {
			known[variable] = true
		}
	}
	attributes := make(map[string]types.String, len(block))
	for name, value := range block {
		attributes[name] = types.StringValue(value)
		if value == unknownValue {
			attributes[name] = types.StringUnknown()
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(block)), slices.Collect(maps.Keys(env))) {
		if !known[name] {
			t.Fatalf("there is no %s", name)
		}
	}
	r := newResolver(attributes, func(name string) string { return env[name] })
	c := r.resolve()
	var diags diag.Diagnostics
	r.report(&diags)
	return resolving{c, r.unknown, problemLines(diags)}
}

func problemLines(diags diag.Diagnostics) []string {
	lines := []string{}
	for _, d := range diags {
		attribute := ""
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			attribute = at.Path().String()
		}
		lines = append(lines, fmt.Sprintf("[%s] %s: %s", attribute, d.Summary(), d.Detail()))
	}
	return lines
}

func wantProblems(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// merged returns the first values with the others on top; an empty one takes away.
func merged(all ...given) given {
	result := given{}
	for _, v := range all {
		maps.Copy(result, v)
	}
	return result
}

var soundBlock = given{"region": "cn-north-4", "token": "token-value"}

func TestConfigTakesTheBlockBeforeHWBeforeOS(t *testing.T) {
	t.Parallel()
	for _, a := range arguments {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			env := given{}
			getenv := func(name string) string { return env[name] }
			resolved := func(v types.String) *resolver {
				return newResolver(map[string]types.String{a.name: v}, getenv)
			}
			if r := resolved(types.StringValue("")); r.has(a.name) || r.get(a.name) != "" {
				t.Errorf("empty everywhere: got %+v", r.settings[a.name])
			}
			// From the last to the first, each variable hides those after it.
			for _, variable := range slices.Backward(a.variables) {
				env[variable] = "of " + variable
				want := setting{"of " + variable, fromHW, variable}
				if strings.HasPrefix(variable, "OS_") {
					want.level = fromOS
				}
				for name, v := range map[string]types.String{"null": types.StringNull(), "empty": types.StringValue(""), "absent": {}} {
					if r := resolved(v); r.settings[a.name] != want || r.get(a.name) != want.text || !r.has(a.name) {
						t.Errorf("%s: got %+v, want %+v", name, r.settings[a.name], want)
					}
				}
			}
			want := setting{"of the block", fromBlock, ""}
			if r := resolved(types.StringValue("of the block")); r.settings[a.name] != want || r.get(a.name) != want.text {
				t.Errorf("set: got %+v, want %+v", r.settings[a.name], want)
			}
			if r := resolved(types.StringUnknown()); r.has(a.name) || !slices.Equal(r.unknown, []string{a.name}) {
				t.Errorf("unknown: got %+v, %q", r.settings[a.name], r.unknown)
			}
		})
	}
	if fromBlock <= fromHW || fromHW <= fromOS || fromOS <= unset {
		t.Error("the levels are out of order")
	}
}

func TestConfigOfEachVariable(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"region": "HW_REGION_NAME", "project_id": "HW_PROJECT_ID", "project_name": "HW_PROJECT_NAME",
		"endpoint": "HW_WORKSPACE_ENDPOINT", "auth_url": "HW_AUTH_URL", "cloud": "HW_CLOUD", "token": "HW_AUTH_TOKEN",
		"access_key": "HW_ACCESS_KEY", "secret_key": "HW_SECRET_KEY", "security_token": "HW_SECURITY_TOKEN",
		"user_name": "HW_USER_NAME", "user_id": "HW_USER_ID", "password": "HW_USER_PASSWORD",
		"domain_name": "HW_DOMAIN_NAME", "domain_id": "HW_DOMAIN_ID", "insecure": "HW_INSECURE", "max_retries": "HW_MAX_RETRIES",
	}
	for name, variable := range want {
		if got := argumentNamed(name).variable(); got != variable {
			t.Errorf("%s: got %q, want %q", name, got, variable)
		}
	}
	for _, a := range arguments {
		secret := slices.Contains([]string{"token", "access_key", "secret_key", "security_token", "password", "key"}, a.name)
		if a.sensitive != secret {
			t.Errorf("%s: sensitive is %v", a.name, a.sensitive)
		}
	}
}

func TestConfigPicksTheCredentialOfTheHighestLevelThatNamesOne(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		block, env given
		want       auth.Credential
	}{
		"token": {given{"token": "t1"}, nil, auth.Token{Value: "t1"}},
		"keys":  {given{"access_key": "a1", "secret_key": "s1"}, nil, auth.AccessKey{Access: "a1", Secret: "s1"}},
		"temporary keys": {
			given{"access_key": "a1", "secret_key": "s1", "security_token": "x1"}, nil,
			auth.AccessKey{Access: "a1", Secret: "s1", SecurityToken: "x1"},
		},
		"password": {
			given{"user_name": "u", "domain_name": "d", "password": "p"}, nil, auth.Password{UserName: "u", DomainName: "d", Password: "p"},
		},
		"password by ids": {
			given{"user_id": "ui", "domain_id": "di", "password": "p"}, nil, auth.Password{UserID: "ui", DomainID: "di", Password: "p"},
		},
		"token of the environment": {nil, given{"HW_AUTH_TOKEN": "t2"}, auth.Token{Value: "t2"}},
		"keys of the environment": {
			nil, given{"HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2", "HW_SECURITY_TOKEN": "x2"},
			auth.AccessKey{Access: "a2", Secret: "s2", SecurityToken: "x2"},
		},
		"password of the environment": {
			nil, given{"HW_USER_NAME": "u2", "HW_USER_ID": "ui2", "HW_DOMAIN_NAME": "d2", "HW_DOMAIN_ID": "di2", "HW_USER_PASSWORD": "p2"},
			auth.Password{UserName: "u2", UserID: "ui2", DomainName: "d2", DomainID: "di2", Password: "p2"},
		},
		"block's token before the environment's keys": {
			given{"token": "t1"}, given{"HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2"}, auth.Token{Value: "t1"},
		},
		"block's keys before the environment's token": {
			given{"access_key": "a1", "secret_key": "s1"}, given{"HW_AUTH_TOKEN": "t2"}, auth.AccessKey{Access: "a1", Secret: "s1"},
		},
		"block's password before the environment's keys and token, which contradict each other": {
			given{"user_id": "u", "password": "p"}, given{"HW_ACCESS_KEY": "a2", "HW_AUTH_TOKEN": "t2"}, auth.Password{UserID: "u", Password: "p"},
		},
		"half in the block, half in the environment": {
			given{"access_key": "a1"}, given{"HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2", "HW_SECURITY_TOKEN": "x2"},
			auth.AccessKey{Access: "a1", Secret: "s2", SecurityToken: "x2"},
		},
		"the secret key names the kind, too": {
			given{"secret_key": "s1"}, given{"HW_ACCESS_KEY": "a2", "HW_AUTH_TOKEN": "t2"}, auth.AccessKey{Access: "a2", Secret: "s1"},
		},
		"password in the block, its user in the environment": {
			given{"password": "p"}, given{"HW_USER_NAME": "u2", "HW_DOMAIN_NAME": "d2"}, auth.Password{UserName: "u2", DomainName: "d2", Password: "p"},
		},
		"user and account in the block name no kind": {
			given{"user_name": "u", "user_id": "ui", "domain_name": "d", "domain_id": "di", "security_token": "x1"},
			given{"HW_AUTH_TOKEN": "t2"}, auth.Token{Value: "t2"},
		},
		"user in the block for the environment's password": {
			given{"user_name": "u", "domain_name": "d"}, given{"HW_USER_PASSWORD": "p2", "HW_USER_NAME": "u2"},
			auth.Password{UserName: "u", DomainName: "d", Password: "p2"},
		},
		"HW_* before OS_*": {
			nil, given{"OS_AUTH_TOKEN": "t3", "OS_PASSWORD": "p3", "HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2"},
			auth.AccessKey{Access: "a2", Secret: "s2"},
		},
		"parts of all levels": {
			given{"access_key": "a1"}, given{"HW_SECURITY_TOKEN": "x2", "OS_ACCESS_KEY": "a3", "OS_SECRET_KEY": "s3"},
			auth.AccessKey{Access: "a1", Secret: "s3", SecurityToken: "x2"},
		},
		"empty token in the block": {given{"token": ""}, given{"HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2"}, auth.AccessKey{Access: "a2", Secret: "s2"}},
		"empty token in the environment": {
			nil, given{"HW_AUTH_TOKEN": "", "HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2"}, auth.AccessKey{Access: "a2", Secret: "s2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolveConfig(t, merged(given{"region": "cn-north-4"}, tc.block), tc.env)
			wantProblems(t, got.problems)
			if got.config.auth.Credential != tc.want {
				// The text of a credential hides what is in it.
				t.Errorf("got another %T %[1]v", got.config.auth.Credential)
			}
		})
	}
}

func TestConfigOfAddressesAndProject(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		block, env             given
		endpoint, iam          string
		projectID, projectName string
		insecure               bool
		retries, perMinute     int
	}{
		"region alone": {
			soundBlock, nil, "https://appstream.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com", "", "cn-north-4", false, 5, 160,
		},
		"everything in the environment": {
			nil, given{
				"HW_REGION_NAME": "ap-southeast-1", "HW_AUTH_TOKEN": "t", "HW_PROJECT_ID": "p1", "HW_PROJECT_NAME": "n1",
				"HW_INSECURE": "true", "HW_MAX_RETRIES": "0", "HW_REQUESTS_PER_MINUTE": "0",
			},
			"https://workspace.ap-southeast-1.myhuaweicloud.com", "https://iam.ap-southeast-1.myhuaweicloud.com", "p1", "n1", true, 0, 0,
		},
		"another cloud": {
			merged(soundBlock, given{"cloud": "cloud.invalid"}), nil, "https://appstream.cn-north-4.cloud.invalid", "https://iam.cn-north-4.cloud.invalid", "", "cn-north-4", false, 5, 160,
		},
		"Europe": {
			merged(soundBlock, given{"region": "eu-west-101", "endpoint": "workspace.eu.invalid"}), nil,
			"https://workspace.eu.invalid", "https://iam.eu-west-101.myhuaweicloud.eu", "", "eu-west-101", false, 5, 160,
		},
		"Europe in another cloud": {
			merged(soundBlock, given{"region": "eu-west-101", "endpoint": "workspace.eu.invalid"}), given{"HW_CLOUD": "myhuaweicloud.com"},
			"https://workspace.eu.invalid", "https://iam.eu-west-101.myhuaweicloud.com", "", "eu-west-101", false, 5, 160,
		},
		"endpoint and IAM with a version": {
			merged(soundBlock, given{"endpoint": "http://127.0.0.1:8080/", "auth_url": "https://iam.invalid/v3"}), nil,
			"http://127.0.0.1:8080", "https://iam.invalid", "", "cn-north-4", false, 5, 160,
		},
		"IAM with a version and a slash": {
			merged(soundBlock, given{"auth_url": "https://iam.invalid:443/v3/"}), nil,
			"https://appstream.cn-north-4.myhuaweicloud.com", "https://iam.invalid:443", "", "cn-north-4", false, 5, 160,
		},
		"IAM without a version": {
			merged(soundBlock, given{"auth_url": "https://iam.invalid"}), nil,
			"https://appstream.cn-north-4.myhuaweicloud.com", "https://iam.invalid", "", "cn-north-4", false, 5, 160,
		},
		"IAM below a path": {
			merged(soundBlock, given{"auth_url": "https://gateway.invalid/iam/v3"}), nil,
			"https://appstream.cn-north-4.myhuaweicloud.com", "https://gateway.invalid/iam", "", "cn-north-4", false, 5, 160,
		},
		"IAM of the environment": {
			soundBlock, given{"HW_AUTH_URL": "https://iam.invalid/v3", "HW_WORKSPACE_ENDPOINT": "https://service.invalid"},
			"https://service.invalid", "https://iam.invalid", "", "cn-north-4", false, 5, 160,
		},
		"endpoint without a region": {
			given{"token": "t", "endpoint": "service.invalid"}, nil, "https://service.invalid", "", "", "", false, 5, 160,
		},
		"region that is not listed, with an endpoint": {
			merged(soundBlock, given{"region": "xx-moon-1", "endpoint": "service.invalid"}), nil, "https://service.invalid", "https://iam.xx-moon-1.myhuaweicloud.com", "", "xx-moon-1", false, 5, 160,
		},
		"project's name": {
			merged(soundBlock, given{"project_name": "cn-north-4_team"}), given{"HW_PROJECT_NAME": "other"},
			"https://appstream.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com", "", "cn-north-4_team", false, 5, 160,
		},
		"numbers and truth in the block": {
			merged(soundBlock, given{"insecure": "false", "max_retries": "9", "requests_per_minute": "30"}),
			given{"HW_INSECURE": "true", "HW_MAX_RETRIES": "2", "HW_REQUESTS_PER_MINUTE": "1"},
			"https://appstream.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com", "", "cn-north-4", false, 9, 30,
		},
		"truth as a number": {
			soundBlock, given{"HW_INSECURE": "1"},
			"https://appstream.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com", "", "cn-north-4", true, 5, 160,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolveConfig(t, tc.block, tc.env)
			wantProblems(t, got.problems)
			c := got.config
			for what, pair := range map[string][2]any{
				"endpoint":            {urlText(c.endpoint), tc.endpoint},
				"IAM":                 {urlText(c.auth.IAM), tc.iam},
				"project_id":          {c.auth.ProjectID, tc.projectID},
				"project_name":        {c.auth.ProjectName, tc.projectName},
				"insecure":            {c.tls.Insecure, tc.insecure},
				"max_retries":         {c.maxRetries, tc.retries},
				"requests_per_minute": {c.requestsPerMinute, tc.perMinute},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: got %v, want %v", what, pair[0], pair[1])
				}
			}
			if c.tls.RootCAs != nil {
				t.Error("the system's authorities are replaced")
			}
		})
	}
}

func urlText(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}

func TestConfigOfEachRegion(t *testing.T) {
	t.Parallel()
	appstream := []string{"cn-north-4", "cn-north-9", "cn-east-3", "cn-south-1", "cn-southwest-2"}
	workspace := []string{
		"cn-east-5", "cn-north-11", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "la-south-2", "la-north-2",
		"na-mexico-1", "sa-brazil-1", "af-south-1", "af-north-1", "me-east-1", "tr-west-1",
	}
	for service, regions := range map[string][]string{"appstream": appstream, "workspace": workspace} {
		for _, region := range regions {
			got := resolveConfig(t, given{"region": region, "token": "t"}, nil)
			wantProblems(t, got.problems)
			if want := "https://" + service + "." + region + ".myhuaweicloud.com"; urlText(got.config.endpoint) != want {
				t.Errorf("got %s, want %s", urlText(got.config.endpoint), want)
			}
		}
	}
	if want := len(appstream) + len(workspace); len(serviceOf) != want {
		t.Errorf("the table has %d regions, want %d", len(serviceOf), want)
	}
	for region, want := range map[string]string{
		"eu-west-101": "myhuaweicloud.eu", "eu-west-1": "myhuaweicloud.eu", "eu-west-0": "myhuaweicloud.com",
		"eu-west-2": "myhuaweicloud.com", "cn-north-4": "myhuaweicloud.com", "": "myhuaweicloud.com",
	} {
		if got := cloudOf(region); got != want {
			t.Errorf("%s: got %s", region, got)
		}
	}
}

const (
	whyNumber   = "it must be a whole number, 0 or more"
	whyBool     = "it must be true or false"
	whyHost     = "it becomes part of a host name and may hold letters, digits, dots and hyphens only"
	whySegment  = "it holds white space, a control character, or one of / \\ ? # %"
	whyNoURL    = "it is not a URL"
	whyUserInfo = "it must not hold a user name or password"
	whyQuery    = "it must not hold a query or a fragment"
	whyHTTP     = "http is for this machine only (localhost, 127.0.0.1); use https"
	whyScheme   = "its scheme must be https"
	whyControl  = "it holds a line break or another control character"
	whyNoPEM    = "it holds no PEM certificate"
)

func TestConfigReportsAValueThatCannotBeUsedOnItsAttribute(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, tc := range []struct{ name, value, why string }{
		{"endpoint", "ftp://x", whyScheme},
		{"endpoint", "https://user:secret@service.invalid", whyUserInfo},
		{"endpoint", "https://service.invalid?a=b", whyQuery},
		{"endpoint", "https://service.invalid/#a", whyQuery},
		{"endpoint", "http://service.invalid", whyHTTP},
		{"endpoint", "https://", "it names no host"},
		{"endpoint", "https://a b", whyNoURL},
		{"auth_url", "ftp://x", whyScheme},
		{"auth_url", "https://user@iam.invalid/v3", whyUserInfo},
		{"auth_url", "http://iam.invalid/v3", whyHTTP},
		{"max_retries", "-1", whyNumber},
		{"max_retries", "1.5", whyNumber},
		{"max_retries", "many", whyNumber},
		{"max_retries", "99999999999999999999", whyNumber},
		{"requests_per_minute", "-1", whyNumber},
		{"insecure", "maybe", whyBool},
		{"insecure", "yes", whyBool},
		{"project_id", "a/b", whySegment},
		{"project_id", "a b", whySegment},
		{"project_id", "..", `it is "..", which is a folder in a URL`},
		{"project_id", strings.Repeat("x", 256), "it is longer than 255 characters"},
		{"region", "cn-north-4/../x", whyHost},
		{"region", "cn north", whyHost},
		{"region", "-cn", whyHost},
		{"cloud", "https://myhuaweicloud.com", whyHost},
		{"cloud", "myhuaweicloud.com@evil.invalid", whyHost},
		{"cloud", "myhuaweicloud.com.", whyHost},
		{"cacert_file", filepath.Join(folder, "missing.pem"), "the file cannot be read: no such file or directory"},
		{"cacert_file", "-----BEGIN NOTHING", whyNoPEM},
		{"cacert_file", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "it holds a private key; give certificates only"},
		{"token", "token-value\n", whyControl},
		{"access_key", "access\r", whyControl},
		{"secret_key", "secret\x00", whyControl},
		{"security_token", "a\tb", whyControl},
	} {
		credential := given{"user_id": "u", "password": "p"}
		switch tc.name {
		case "token":
			credential = nil
		case "access_key", "secret_key", "security_token":
			credential = given{"access_key": "a", "secret_key": "s"}
		}
		sound := merged(given{"region": "cn-north-4", "endpoint": "service.invalid"}, credential)
		t.Run(fmt.Sprintf("%s = %.40q", tc.name, tc.value), func(t *testing.T) {
			t.Parallel()
			where := named(tc.name)
			if variable := argumentNamed(tc.name).variable(); variable != "" {
				where = tc.name + " (or " + variable + ")"
				env := given{variable: tc.value}
				block := merged(sound)
				delete(block, tc.name)
				got := resolveConfig(t, block, env)
				wantProblems(t, got.problems, fmt.Sprintf("[%[1]s] Invalid %[1]s: The environment variable %[2]s, for the provider argument %[1]s, cannot be used: %[3]s.", tc.name, variable, tc.why))
			}
			block := merged(sound, given{tc.name: tc.value})
			got := resolveConfig(t, block, nil)
			want := fmt.Sprintf("[%[1]s] Invalid %[1]s: The provider argument %[2]s cannot be used: %[3]s.", tc.name, where, tc.why)
			wantProblems(t, got.problems, want)

			if tc.name == "cacert_file" {
				return // It is read when all else is known.
			}
			// What is wrong by itself is wrong in validate, too, and whatever else is unknown.
			wantProblems(t, validateBlock(t, block), want)
			wantProblems(t, resolveConfig(t, merged(block, given{"project_name": unknownValue}), nil).problems, want)
		})
	}
}

// validateBlock does what ValidateConfig does.
func validateBlock(t *testing.T, block given) []string {
	t.Helper()
	attributes := make(map[string]types.String, len(block))
	for name, value := range block {
		attributes[name] = types.StringValue(value)
	}
	r := newResolver(attributes, func(string) string { return "" })
	r.check()
	var diags diag.Diagnostics
	r.report(&diags)
	return problemLines(diags)
}

const (
	missingSecret = "[secret_key] Missing secret_key: access_key is set, but not the secret_key (or HW_SECRET_KEY) that belongs to it."
	missingAccess = "[access_key] Missing access_key: secret_key is set, but not the access_key (or HW_ACCESS_KEY) that belongs to it."
	missingUser   = "[user_name] Missing user_name: A password is set, but nothing says whose. Set user_name (or HW_USER_NAME), or user_id (or HW_USER_ID)."
	missingDomain = "[domain_name] Missing domain_name: A user's name is known within an account only. Set domain_name (or HW_DOMAIN_NAME), or domain_id (or HW_DOMAIN_ID)."
	missingIAM    = "[auth_url] Missing auth_url: A password is sent to IAM, and nothing says where that is. Set region (or HW_REGION_NAME), or auth_url (or HW_AUTH_URL)."
	missingRegion = "[region] Missing region: Nothing says where the service is. Set region (or HW_REGION_NAME), or endpoint (or HW_WORKSPACE_ENDPOINT)."
	unlisted      = "[region] Invalid region: The provider argument region (or HW_REGION_NAME) cannot be used: the service's address in this region is not known; set endpoint (or HW_WORKSPACE_ENDPOINT)."
)

func TestConfigReportsWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		block, env given
		want       []string
	}{
		"access key without any secret key":     {given{"region": "cn-north-4", "access_key": "a"}, nil, []string{missingSecret}},
		"the same, of the environment":          {given{"region": "cn-north-4"}, given{"HW_ACCESS_KEY": "a"}, []string{missingSecret}},
		"secret key without any access key":     {given{"region": "cn-north-4", "secret_key": "s"}, nil, []string{missingAccess}},
		"password of nobody":                    {given{"region": "cn-north-4", "password": "p"}, nil, []string{missingUser}},
		"password of nobody in an account":      {given{"region": "cn-north-4", "password": "p", "domain_name": "d"}, nil, []string{missingUser}},
		"password of a user without an account": {given{"region": "cn-north-4", "password": "p", "user_name": "u"}, nil, []string{missingDomain}},
		"password without an address of IAM":    {given{"endpoint": "service.invalid", "password": "p", "user_id": "u"}, nil, []string{missingIAM}},
		"neither region nor endpoint":           {given{"token": "t"}, nil, []string{missingRegion}},
		"region that is not listed":             {given{"token": "t", "region": "xx-moon-1"}, nil, []string{unlisted}},
		"European region, which is not listed":  {given{"token": "t", "region": "eu-west-101"}, nil, []string{unlisted}},
		"nothing at all":                        {nil, nil, []string{missingRegion, "[] No credential: " + noCredential}},
		"user without a password":               {given{"region": "cn-north-4", "user_name": "u", "domain_name": "d"}, nil, []string{"[] No credential: " + noCredential}},
		"security token without keys":           {given{"region": "cn-north-4", "security_token": "x"}, nil, []string{"[] No credential: " + noCredential}},
		"empty values":                          {given{"region": "", "token": "", "endpoint": ""}, given{"HW_AUTH_TOKEN": ""}, []string{missingRegion, "[] No credential: " + noCredential}},
		"region of the environment is not listed": {
			given{"token": "t"}, given{"HW_REGION_NAME": "xx-moon-1"},
			[]string{"[region] Invalid region: The environment variable HW_REGION_NAME, for the provider argument region, cannot be used: the service's address in this region is not known; set endpoint (or HW_WORKSPACE_ENDPOINT)."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantProblems(t, resolveConfig(t, tc.block, tc.env).problems, tc.want...)
			// What the environment may still give is no matter of validate.
			wantProblems(t, validateBlock(t, tc.block))
		})
	}
}

func TestConfigWithoutACredentialListsTheWays(t *testing.T) {
	t.Parallel()
	got := strings.Join(resolveConfig(t, given{"region": "cn-north-4"}, nil).problems, "\n")
	for _, a := range []string{argToken, argAccessKey, argSecretKey, argSecurityToken, argPassword, argUserName, argDomainName, argProjectID} {
		if !strings.Contains(got, a) || !strings.Contains(got, argumentNamed(a).variable()) {
			t.Errorf("%s or %s is not named in: %s", a, argumentNamed(a).variable(), got)
		}
	}
}

func TestConfigReportsTwoCredentialsOfOneLevel(t *testing.T) {
	t.Parallel()
	const rest = " name different kinds of credentials, and none is preferred. Keep one of them."
	for name, tc := range map[string]struct {
		block, env given
		want       string
		validate   bool
	}{
		"token and keys in the block": {
			given{"token": "t", "access_key": "a", "secret_key": "s"}, nil,
			"[token] More than one credential: token (or HW_AUTH_TOKEN) and access_key (or HW_ACCESS_KEY)" + rest, true,
		},
		"token and half a key in the block": {
			given{"token": "t", "secret_key": "s"}, nil,
			"[token] More than one credential: token (or HW_AUTH_TOKEN) and secret_key (or HW_SECRET_KEY)" + rest, true,
		},
		"keys and password in the block": {
			given{"access_key": "a", "password": "p"}, nil,
			"[access_key] More than one credential: access_key (or HW_ACCESS_KEY) and password (or HW_USER_PASSWORD)" + rest, true,
		},
		"all three in the block": {
			given{"token": "t", "access_key": "a", "password": "p"}, nil,
			"[token] More than one credential: token (or HW_AUTH_TOKEN) and access_key (or HW_ACCESS_KEY) and password (or HW_USER_PASSWORD)" + rest, true,
		},
		"token and password in the environment": {
			nil, given{"HW_AUTH_TOKEN": "t", "HW_USER_PASSWORD": "p"},
			"[token] More than one credential: HW_AUTH_TOKEN (token) and HW_USER_PASSWORD (password)" + rest, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := merged(given{"region": "cn-north-4"}, tc.block)
			wantProblems(t, resolveConfig(t, block, tc.env).problems, tc.want)
			if tc.validate {
				wantProblems(t, validateBlock(t, block), tc.want)
			} else {
				wantProblems(t, validateBlock(t, block))
			}
		})
	}
}

func TestConfigReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	got := resolveConfig(t, given{
		"project_id": "a/b", "auth_url": "ftp://x", "max_retries": "-1", "cloud": "a b", "access_key": "a", "cacert_file": "-----BEGIN",
	}, given{"HW_INSECURE": "maybe"})
	wantProblems(t, got.problems,
		"[project_id] Invalid project_id: The provider argument project_id (or HW_PROJECT_ID) cannot be used: "+whySegment+".",
		"[auth_url] Invalid auth_url: The provider argument auth_url (or HW_AUTH_URL) cannot be used: "+whyScheme+".",
		"[max_retries] Invalid max_retries: The provider argument max_retries (or HW_MAX_RETRIES) cannot be used: "+whyNumber+".",
		"[cloud] Invalid cloud: The provider argument cloud (or HW_CLOUD) cannot be used: "+whyHost+".",
		"[cacert_file] Invalid cacert_file: The provider argument cacert_file (or OS_CACERT) cannot be used: "+whyNoPEM+".",
		"[insecure] Invalid insecure: The environment variable HW_INSECURE, for the provider argument insecure, cannot be used: "+whyBool+".",
		missingRegion, missingSecret,
	)
}

func TestConfigNeverRepeatsAValue(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	// Any argument may hold a secret that was meant for another one.
	for _, shape := range []string{
		secret, secret + "\n", secret + "/x", secret + " x", "ftp://" + secret, "https://user:" + secret + "@x", "https://x?" + secret,
		"http://" + secret, "-----BEGIN " + secret, "-----BEGIN PRIVATE KEY-----\n" + secret, "/" + secret + "/file", "-" + secret,
	} {
		block, env := given{}, given{}
		for _, a := range arguments {
			block[a.name], env[a.variable()] = shape, shape
		}
		delete(env, "")
		for name, got := range map[string]resolving{
			"block": resolveConfig(t, block, nil), "environment": resolveConfig(t, nil, env),
			"password alone": resolveConfig(t, given{"password": shape}, nil), "access key alone": resolveConfig(t, given{"access_key": shape}, nil),
		} {
			if len(got.problems) == 0 {
				t.Errorf("%q in the %s has no problem", shape, name)
			}
			if text := strings.Join(got.problems, "\n"); strings.Contains(text, secret) {
				t.Errorf("%q in the %s is repeated: %s", shape, name, text)
			}
		}
	}
}

func TestConfigThatIsUnknownIsNeverAnError(t *testing.T) {
	t.Parallel()
	conflict := given{"HW_AUTH_TOKEN": "t", "HW_ACCESS_KEY": "a", "HW_USER_PASSWORD": "p"}
	for _, a := range arguments {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			block := given{a.name: unknownValue}
			got := resolveConfig(t, block, nil)
			wantProblems(t, got.problems)
			if !slices.Equal(got.unknown, []string{a.name}) {
				t.Errorf("got %q", got.unknown)
			}
			// What the environment names does not matter once the block names a kind.
			if slices.ContainsFunc(kinds, func(k struct {
				kind      auth.Kind
				arguments []string
			}) bool {
				return slices.Contains(k.arguments, a.name)
			}) {
				wantProblems(t, resolveConfig(t, block, conflict).problems)
			}
		})
	}
	t.Run("all of them", func(t *testing.T) {
		t.Parallel()
		block := given{}
		for _, a := range arguments {
			block[a.name] = unknownValue
		}
		got := resolveConfig(t, block, conflict)
		wantProblems(t, got.problems)
		if len(got.unknown) != len(arguments) {
			t.Errorf("got %q", got.unknown)
		}
	})
}

// authorityPEM makes a certificate authority.
func authorityPEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestConfigTakesAuthoritiesAsText(t *testing.T) {
	t.Parallel()
	got := resolveConfig(t, merged(soundBlock, given{"cacert_file": authorityPEM(t)}), nil)
	wantProblems(t, got.problems)
	if got.config.tls.RootCAs == nil {
		t.Error("the system's authorities are not replaced")
	}
}

// configureProvider calls the provider as Terraform does.
func configureProvider(t *testing.T, block map[string]tftypes.Value, env given) (*session, []string) {
	t.Helper()
	p := &workspaceProvider{version: "1.2.3", getenv: func(name string) string { return env[name] }}
	var schemaResp provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &schemaResp)
	kind := schemaResp.Schema.Type().TerraformType(context.WithoutCancel(t.Context()))
	object, ok := kind.(tftypes.Object)
	if !ok {
		t.Fatalf("the block is a %T", kind)
	}
	attributes := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, kind := range object.AttributeTypes {
		attributes[name] = tftypes.NewValue(kind, nil)
	}
	maps.Copy(attributes, block)
	config := tfsdk.Config{Schema: schemaResp.Schema, Raw: tftypes.NewValue(kind, attributes)}

	var validateResp provider.ValidateConfigResponse
	p.ValidateConfig(t.Context(), provider.ValidateConfigRequest{Config: config}, &validateResp)
	var resp provider.ConfigureResponse
	p.Configure(t.Context(), provider.ConfigureRequest{TerraformVersion: "1.9.0", Config: config}, &resp)
	s, ok := resp.DataSourceData.(*session)
	if !ok || resp.ResourceData != resp.DataSourceData {
		t.Fatalf("got %T and %T", resp.DataSourceData, resp.ResourceData)
	}
	return s, append(problemLines(validateResp.Diagnostics), problemLines(resp.Diagnostics)...)
}

func TestConfigureReadsTheBlockOfEachKind(t *testing.T) {
	t.Parallel()
	text := func(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }
	good := func(more map[string]tftypes.Value) map[string]tftypes.Value {
		block := map[string]tftypes.Value{"region": text("cn-north-4"), "token": text("token-value")}
		maps.Copy(block, more)
		return block
	}
	for name, tc := range map[string]struct {
		block   map[string]tftypes.Value
		env     given
		unknown []string
		ready   bool
		want    []string
	}{
		"good":                    {good(map[string]tftypes.Value{"insecure": tftypes.NewValue(tftypes.Bool, true), "max_retries": tftypes.NewValue(tftypes.Number, 0)}), nil, nil, true, nil},
		"good in the environment": {nil, given{"HW_REGION_NAME": "cn-north-4", "HW_AUTH_TOKEN": "t"}, nil, true, nil},
		"number below zero": {
			good(map[string]tftypes.Value{"max_retries": tftypes.NewValue(tftypes.Number, -1)}), nil, nil, false,
			slices.Repeat([]string{"[max_retries] Invalid max_retries: The provider argument max_retries (or HW_MAX_RETRIES) cannot be used: " + whyNumber + "."}, 2),
		},
		"false in the block before the environment": {
			good(map[string]tftypes.Value{"insecure": tftypes.NewValue(tftypes.Bool, false)}), given{"HW_INSECURE": "maybe"}, nil, true, nil,
		},
		"unknown": {
			map[string]tftypes.Value{
				"token": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "insecure": tftypes.NewValue(tftypes.Bool, tftypes.UnknownValue),
				"max_retries": tftypes.NewValue(tftypes.Number, tftypes.UnknownValue),
			}, nil, []string{"token", "insecure", "max_retries"}, false, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, problems := configureProvider(t, tc.block, tc.env)
			wantProblems(t, problems, tc.want...)
			if (s.client != nil) != tc.ready || !slices.Equal(s.unknown, tc.unknown) {
				t.Errorf("got %+v", s)
			}
			if got := s.secrets.Mask("token-value"); tc.ready && tc.env == nil && got != "***" {
				t.Errorf("the token is shown: %s", got)
			}
		})
	}
}
