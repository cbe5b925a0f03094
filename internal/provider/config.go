package provider

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const (
	defaultMaxRetries = 5
	// 80 % of the 200 a minute that the documentation gives for each user.
	defaultRequestsPerMinute = 160
)

// config is a resolved configuration.
type config struct {
	auth       auth.Config
	endpoint   *url.URL
	tls        transport.TLS
	maxRetries int
	apiVersion workspace.Version

	requestsPerMinute int
}

// level is where a value was set. Higher ones win. A profile has the level at
// which it was named, just below the single arguments there.
type level int

const (
	unset level = iota
	fromOS
	fromHW
	fromBlock
)

type setting struct {
	text  string
	level level
	// variable of the environment, where it comes from one.
	variable string
}

// resolver turns the provider block and the environment into a config. It
// collects every problem before it gives up.
type resolver struct {
	getenv   func(string) string
	settings map[string]setting
	unknown  []string
	problems []problem
}

type problem struct {
	argument string // empty: the block as a whole
	summary  string
	detail   string
}

func newResolver(block map[string]types.String, getenv func(string) string) *resolver {
	r := &resolver{getenv: getenv, settings: make(map[string]setting, len(arguments))}
	for _, a := range arguments {
		v := block[a.name]
		switch {
		case v.IsUnknown():
			r.unknown = append(r.unknown, a.name)
		case v.ValueString() != "":
			r.settings[a.name] = setting{text: v.ValueString(), level: fromBlock}
		default:
			r.settings[a.name] = environmentSetting(a.variables, getenv)
		}
	}
	return r
}

func environmentSetting(variables []string, getenv func(string) string) setting {
	for _, variable := range variables {
		text := getenv(variable)
		switch {
		case text == "":
		case strings.HasPrefix(variable, "OS_"):
			return setting{text, fromOS, variable}
		default:
			return setting{text, fromHW, variable}
		}
	}
	return setting{}
}

func (r *resolver) get(name string) string { return r.settings[name].text }

func (r *resolver) has(name string) bool { return r.settings[name].level != unset }

func (r *resolver) report(diags *diag.Diagnostics) {
	for _, p := range r.problems {
		if p.argument == "" {
			diags.AddError(p.summary, p.detail)
			continue
		}
		diags.AddAttributeError(argumentNamed(p.argument).at(), p.summary, p.detail)
	}
}

// invalid reports a value that cannot be used. It does not repeat the value,
// which may be a secret in the wrong place.
func (r *resolver) invalid(name, why string) {
	where := "The provider argument " + named(name)
	if variable := r.settings[name].variable; variable != "" {
		where = "The environment variable " + variable + ", for the provider argument " + name + ","
	}
	r.problems = append(r.problems, problem{name, "Invalid " + name, where + " cannot be used: " + why + "."})
}

func (r *resolver) missing(name, why string) {
	r.problems = append(r.problems, problem{name, "Missing " + name, why})
}

// check reads every value that was given by itself. It looks at nothing outside
// the configuration.
func (r *resolver) check() (c config) {
	for _, name := range []string{argRegion, argCloud, argProjectID} {
		r.checkName(name)
	}
	for _, name := range []string{argToken, argAccessKey, argSecretKey, argSecurityToken} {
		// The usual one is a file's last line break. No header can hold it.
		if strings.ContainsFunc(r.get(name), unicode.IsControl) {
			r.invalid(name, "it holds a line break or another control character")
		}
	}
	c.endpoint = r.url(argEndpoint)
	c.auth.IAM = r.url(argAuthURL)
	if c.auth.IAM != nil {
		c.auth.IAM.Path = strings.TrimSuffix(c.auth.IAM.Path, "/v3")
	}
	r.url(argSTSEndpoint)
	if transport.IsPEM(r.get(argCACertFile)) {
		c.tls.RootCAs = r.authorities()
	}
	c.tls.Insecure = r.truth(argInsecure)
	r.truth(argECSMetadata)
	c.maxRetries = r.count(argMaxRetries, defaultMaxRetries)
	c.requestsPerMinute = r.count(argRequestsPerMinute, defaultRequestsPerMinute)
	c.apiVersion = workspace.Version(r.get(argAPIVersion))
	switch c.apiVersion {
	case workspace.AnyVersion, workspace.V1, workspace.V2:
	default:
		r.invalid(argAPIVersion, `it must be "v1" or "v2"`)
	}
	r.agencyDuration()
	r.checkKinds()
	return c
}

// checkName checks what becomes part of a host's name or of a path.
func (r *resolver) checkName(name string) {
	switch {
	case !r.has(name):
	case name == argProjectID:
		if err := workspace.CheckID(r.get(name)); err != nil {
			r.invalid(name, err.Error())
		}
	case !hostPart.MatchString(r.get(name)):
		r.invalid(name, "it becomes part of a host name and may hold letters, digits, dots and hyphens only")
	}
}

// hostPart is what may become part of a host name.
var hostPart = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func (r *resolver) truth(name string) bool {
	if !r.has(name) {
		return false
	}
	value, err := strconv.ParseBool(r.get(name))
	if err != nil {
		r.invalid(name, "it must be true or false")
	}
	return value
}

func (r *resolver) count(name string, otherwise int) int {
	if !r.has(name) {
		return otherwise
	}
	count, err := strconv.Atoi(r.get(name))
	if err != nil || count < 0 {
		r.invalid(name, "it must be a whole number, 0 or more")
	}
	return count
}

func (r *resolver) url(name string) *url.URL {
	if !r.has(name) {
		return nil
	}
	u, err := transport.ParseEndpoint(r.get(name))
	if err != nil {
		r.invalid(name, err.Error())
		return nil
	}
	return u
}

// resolve returns the whole configuration. What is missing is a problem, unless
// an argument is not known yet.
func (r *resolver) resolve() config {
	c := r.check()
	if len(r.unknown) > 0 {
		return c
	}
	profile := r.loadProfile()
	region := r.get(argRegion)
	cloud := r.get(argCloud)
	if cloud == "" {
		cloud = cloudOf(region)
	}
	c.auth.ProjectID = r.get(argProjectID)
	c.auth.ProjectName = r.get(argProjectName)
	if c.auth.ProjectName == "" {
		c.auth.ProjectName = region
	}
	if c.auth.IAM == nil && region != "" {
		c.auth.IAM = &url.URL{Scheme: "https", Host: "iam." + region + "." + cloud}
	}
	sts := r.url(argSTSEndpoint)
	if sts == nil && region != "" {
		sts = &url.URL{Scheme: "https", Host: "sts." + region + "." + cloud}
	}
	if !r.has(argEndpoint) {
		service := serviceOf[region]
		switch {
		case region == "":
			r.missing(argRegion, fmt.Sprintf("Nothing says where the service is. Set %s, or %s.", named(argRegion), named(argEndpoint)))
		case service == "" && hostPart.MatchString(region):
			r.invalid(argRegion, "the service's address in this region is not known; set "+named(argEndpoint))
		case service != "":
			c.endpoint = &url.URL{Scheme: "https", Host: service + "." + region + "." + cloud}
		}
	}
	r.files(&c.tls)
	c.auth.Credential = r.assuming(r.credential(profile, c.auth.IAM != nil || r.has(argAuthURL)), profile, sts)
	return c
}

func (r *resolver) authorities() *x509.CertPool {
	pool, err := transport.LoadAuthorities(r.get(argCACertFile))
	if err != nil {
		r.invalid(argCACertFile, err.Error())
	}
	return pool
}

// files reads the files that the TLS arguments name.
func (r *resolver) files(t *transport.TLS) {
	if r.has(argCACertFile) && !transport.IsPEM(r.get(argCACertFile)) {
		t.RootCAs = r.authorities()
	}
	switch {
	case r.has(argCert) && r.has(argKey):
		pair, err := transport.LoadKeyPair(r.get(argCert), r.get(argKey))
		if err != nil {
			r.invalid(argCert, err.Error())
		}
		t.Certificates = pair
	case r.has(argCert):
		r.missing(argKey, fmt.Sprintf("%s is set, but not the %s that belongs to it.", argCert, named(argKey)))
	case r.has(argKey):
		r.missing(argCert, fmt.Sprintf("%s is set, but not the %s that belongs to it.", argKey, named(argCert)))
	}
}
