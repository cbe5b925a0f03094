package provider

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
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

	requestsPerMinute int
}

// level is where a value was set. Higher ones win.
type level int

const (
	unset level = iota
	fromEnvironment
	fromBlock
)

type setting struct {
	text  string
	level level
}

// resolver turns the provider block and the environment into a config. It
// collects every problem before it gives up.
type resolver struct {
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
	r := &resolver{settings: make(map[string]setting, len(arguments))}
	for _, a := range arguments {
		v := block[a.name]
		switch {
		case v.IsUnknown():
			r.unknown = append(r.unknown, a.name)
		case v.ValueString() != "":
			r.settings[a.name] = setting{v.ValueString(), fromBlock}
		case a.variable != "" && getenv(a.variable) != "":
			r.settings[a.name] = setting{getenv(a.variable), fromEnvironment}
		}
	}
	return r
}

func (r *resolver) get(name string) string { return r.settings[name].text }

func (r *resolver) has(name string) bool { return r.settings[name].level != unset }

func (r *resolver) report(diags *diag.Diagnostics) {
	for _, p := range r.problems {
		if p.argument == "" {
			diags.AddError(p.summary, p.detail)
			continue
		}
		diags.AddAttributeError(path.Root(p.argument), p.summary, p.detail)
	}
}

// invalid reports a value that cannot be used. It does not repeat the value,
// which may be a secret in the wrong place.
func (r *resolver) invalid(name, why string) {
	where := "The provider argument " + name
	if r.settings[name].level == fromEnvironment {
		where = "The environment variable " + variableOf(name) + ", for the provider argument " + name + ","
	}
	r.problems = append(r.problems, problem{name, "Invalid " + name, where + " cannot be used: " + why + "."})
}

func (r *resolver) missing(name, why string) {
	r.problems = append(r.problems, problem{name, "Missing " + name, why})
}

func variableOf(name string) string {
	for _, a := range arguments {
		if a.name == name {
			return a.variable
		}
	}
	return ""
}

// hostPart is what may become part of a host name.
var hostPart = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// check reads every value that was given by itself, and the choice of the
// credential.
func (r *resolver) check() (c config) {
	for _, name := range []string{argRegion, argCloud} {
		if r.has(name) && !hostPart.MatchString(r.get(name)) {
			r.invalid(name, "it becomes part of a host name and may hold letters, digits, dots and hyphens only")
		}
	}
	if r.has(argProjectID) {
		if err := workspace.CheckID(r.get(argProjectID)); err != nil {
			r.invalid(argProjectID, err.Error())
		}
	}
	c.endpoint = r.url(argEndpoint)
	c.auth.IAM = r.url(argAuthURL)
	if c.auth.IAM != nil {
		c.auth.IAM.Path = strings.TrimSuffix(c.auth.IAM.Path, "/v3")
	}
	if r.has(argInsecure) {
		insecure, err := strconv.ParseBool(r.get(argInsecure))
		if err != nil {
			r.invalid(argInsecure, "it must be true or false")
		}
		c.tls.Insecure = insecure
	}
	if r.has(argCACertFile) {
		authorities, err := transport.LoadAuthorities(r.get(argCACertFile))
		if err != nil {
			r.invalid(argCACertFile, err.Error())
		}
		c.tls.RootCAs = authorities
	}
	c.maxRetries = r.count(argMaxRetries, defaultMaxRetries)
	c.requestsPerMinute = r.count(argRequestsPerMinute, defaultRequestsPerMinute)
	c.auth.Credential = r.credential()
	return c
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
	if !r.has(argEndpoint) {
		service := serviceOf[region]
		switch {
		case region == "":
			r.missing(argRegion, fmt.Sprintf("Nothing says where the service is. Set %s, or %s.", named(argRegion), named(argEndpoint)))
		case service == "":
			r.invalid(argRegion, "the service's address in this region is not known; set "+named(argEndpoint))
		default:
			c.endpoint = &url.URL{Scheme: "https", Host: service + "." + region + "." + cloud}
		}
	}
	r.complete(c.auth)
	return c
}

// complete reports the parts that the chosen credential lacks.
func (r *resolver) complete(c auth.Config) {
	switch credential := c.Credential.(type) {
	case auth.AccessKey:
		if credential.Access == "" {
			r.missing(argAccessKey, fmt.Sprintf("%s is set, but not the %s that belongs to it.", argSecretKey, named(argAccessKey)))
		}
		if credential.Secret == "" {
			r.missing(argSecretKey, fmt.Sprintf("%s is set, but not the %s that belongs to it.", argAccessKey, named(argSecretKey)))
		}
	case auth.Password:
		switch {
		case credential.UserID != "":
		case credential.UserName == "":
			r.missing(argUserName, fmt.Sprintf("A password is set, but nothing says whose. Set %s, or %s.", named(argUserName), named(argUserID)))
		case credential.DomainName == "" && credential.DomainID == "":
			r.missing(argDomainName, fmt.Sprintf("A user's name is known within an account only. Set %s, or %s.", named(argDomainName), named(argDomainID)))
		}
		if c.IAM == nil && !r.has(argAuthURL) {
			r.missing(argAuthURL, fmt.Sprintf("A password is sent to IAM, and nothing says where that is. Set %s, or %s.", named(argRegion), named(argAuthURL)))
		}
	case nil:
		if !r.conflicting() {
			r.problems = append(r.problems, problem{"", "No credential", noCredential})
		}
	}
}

const noCredential = `The provider needs one credential, from its block or from the environment:

  - token (HW_AUTH_TOKEN), with project_id (HW_PROJECT_ID)
  - access_key and secret_key (HW_ACCESS_KEY, HW_SECRET_KEY), with security_token (HW_SECURITY_TOKEN) where they are temporary
  - user_name, domain_name and password (HW_USER_NAME, HW_DOMAIN_NAME, HW_USER_PASSWORD)`

// kinds are the kinds of credentials, each with the arguments that name it.
var kinds = []struct {
	kind      auth.Kind
	arguments []string
}{
	{auth.KindToken, []string{argToken}},
	{auth.KindAccessKey, []string{argAccessKey, argSecretKey}},
	{auth.KindPassword, []string{argPassword}},
}

// namedAt returns the kinds that a level names, each with the argument that does.
func (r *resolver) namedAt(l level) (found []auth.Kind, by []string) {
	for _, k := range kinds {
		for _, name := range k.arguments {
			if r.settings[name].level == l {
				found, by = append(found, k.kind), append(by, name)
				break
			}
		}
	}
	return found, by
}

// conflicting reports whether a level that decides names two kinds.
func (r *resolver) conflicting() bool {
	for l := fromBlock; l > unset; l-- {
		if found, _ := r.namedAt(l); len(found) > 0 {
			return len(found) > 1
		}
	}
	return false
}

// credential picks the kind that the highest level names. Its parts come from any
// level.
func (r *resolver) credential() auth.Credential {
	for l := fromBlock; l > unset; l-- {
		found, by := r.namedAt(l)
		switch {
		case len(found) == 0:
			continue
		case len(found) > 1:
			what := by
			if l == fromEnvironment {
				what = nil
				for _, name := range by {
					what = append(what, variableOf(name)+" ("+name+")")
				}
			}
			r.problems = append(r.problems, problem{
				by[0], "More than one credential",
				strings.Join(what, " and ") + " name different kinds of credentials, and neither is preferred. Keep one of them.",
			})
			return nil
		}
		switch found[0] {
		case auth.KindToken:
			return auth.Token{Value: r.get(argToken)}
		case auth.KindAccessKey:
			return auth.AccessKey{
				Access: r.get(argAccessKey), Secret: r.get(argSecretKey), SecurityToken: r.get(argSecurityToken),
			}
		case auth.KindPassword:
			return auth.Password{
				UserName: r.get(argUserName), UserID: r.get(argUserID), Password: r.get(argPassword),
				DomainName: r.get(argDomainName), DomainID: r.get(argDomainID),
			}
		}
	}
	return nil
}
