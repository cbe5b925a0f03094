package provider

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
)

const noCredential = `The provider needs one credential, from its block or from the environment:

  - token (HW_AUTH_TOKEN), with project_id (HW_PROJECT_ID)
  - access_key and secret_key (HW_ACCESS_KEY, HW_SECRET_KEY), with security_token (HW_SECURITY_TOKEN) where they are temporary
  - user_name, domain_name and password (HW_USER_NAME, HW_DOMAIN_NAME, HW_USER_PASSWORD)
  - profile or shared_config_file (HW_PROFILE, HW_SHARED_CONFIG_FILE), for KooCLI's configuration
  - ecs_metadata = true (HW_ECS_METADATA), for the agency of the ECS that Terraform runs on`

// kindProfile is a profile, whose file says what kind of credential it holds.
const kindProfile auth.Kind = "profile"

// kinds are the kinds of credentials, each with the arguments that name it.
var kinds = []struct {
	kind      auth.Kind
	arguments []string
}{
	{auth.KindToken, []string{argToken}},
	{auth.KindAccessKey, []string{argAccessKey, argSecretKey}},
	{auth.KindPassword, []string{argPassword}},
	{kindProfile, []string{argProfile, argSharedConfig}},
	{auth.KindMetadata, []string{argECSMetadata}},
}

// namedAt returns the kinds that a level names, each with the argument that does.
func (r *resolver) namedAt(l level) (found []auth.Kind, by []string) {
	for _, k := range kinds {
		for _, name := range k.arguments {
			if r.settings[name].level == l && (name != argECSMetadata || isTrue(r.get(name))) {
				found, by = append(found, k.kind), append(by, name)
				break
			}
		}
	}
	return found, by
}

func isTrue(text string) bool {
	value, _ := strconv.ParseBool(text)
	return value
}

// chosen returns the kinds that the highest level names that names any, with the
// arguments that do.
func (r *resolver) chosen() (found []auth.Kind, by []string) {
	for l := fromBlock; l > unset; l-- {
		found, by = r.namedAt(l)
		if len(found) > 0 || r.isKindUnknown() {
			// The block names one, or will, and the levels below do not matter.
			return found, by
		}
	}
	return nil, nil
}

// isKindUnknown reports whether an argument that names a kind is not known yet.
func (r *resolver) isKindUnknown() bool {
	return slices.ContainsFunc(r.unknown, func(name string) bool {
		for _, k := range kinds {
			if slices.Contains(k.arguments, name) {
				return true
			}
		}
		return false
	})
}

// checkKinds reports a level that decides and names more than one kind.
func (r *resolver) checkKinds() {
	found, by := r.chosen()
	if len(found) < 2 {
		return
	}
	what := make([]string, len(by))
	for i, name := range by {
		what[i] = named(name)
		if variable := r.settings[name].variable; variable != "" {
			what[i] = variable + " (" + name + ")"
		}
	}
	r.problems = append(r.problems, problem{
		by[0], "More than one credential",
		strings.Join(what, " and ") + " name different kinds of credentials, and none is preferred. Keep one of them.",
	})
}

// loadProfile reads the profile, where one is named, and lets its fields stand in
// for arguments of lower levels.
func (r *resolver) loadProfile() (p auth.Profile) {
	rank := max(r.settings[argProfile].level, r.settings[argSharedConfig].level)
	if rank == unset {
		return p
	}
	at := argProfile
	if r.settings[argSharedConfig].level > r.settings[argProfile].level {
		at = argSharedConfig
	}
	p, err := auth.LoadProfile(r.get(argSharedConfig), r.get(argProfile))
	if found, _ := r.chosen(); err != nil && slices.Contains(found, kindProfile) {
		r.invalid(at, err.Error())
		return p
	}
	fields := map[string]string{argRegion: p.Region, argProjectID: p.ProjectID}
	if p.Agency != nil || r.has(argAgencyName) {
		delete(fields, argProjectID) // It is in the account that assumes the agency.
	}
	for name, text := range fields {
		if text != "" && r.settings[name].level < rank {
			r.settings[name] = setting{text: text, level: rank, variable: r.settings[at].variable}
			r.checkName(name)
		}
	}
	return p
}

// credential returns the one of the chosen kind. Its parts come from any level.
func (r *resolver) credential(p auth.Profile, hasIAM bool) auth.Credential {
	found, _ := r.chosen()
	if len(found) == 0 {
		r.problems = append(r.problems, problem{"", "No credential", noCredential})
	}
	if len(found) != 1 {
		return nil
	}
	switch found[0] {
	case auth.KindToken:
		return auth.Token{Value: r.get(argToken)}
	case auth.KindAccessKey:
		return r.accessKey()
	case auth.KindPassword:
		return r.password(hasIAM)
	case auth.KindMetadata:
		return r.metadata()
	default:
		return p.Credential
	}
}

func (r *resolver) accessKey() auth.Credential {
	if !r.has(argAccessKey) {
		r.missing(argAccessKey, fmt.Sprintf("%s is set, but not the %s that belongs to it.", argSecretKey, named(argAccessKey)))
	}
	if !r.has(argSecretKey) {
		r.missing(argSecretKey, fmt.Sprintf("%s is set, but not the %s that belongs to it.", argAccessKey, named(argSecretKey)))
	}
	return auth.AccessKey{
		Access: r.get(argAccessKey), Secret: r.get(argSecretKey), SecurityToken: r.get(argSecurityToken),
	}
}

func (r *resolver) password(hasIAM bool) auth.Credential {
	switch {
	case r.has(argUserID):
	case !r.has(argUserName):
		r.missing(argUserName, fmt.Sprintf("A password is set, but nothing says whose. Set %s, or %s.", named(argUserName), named(argUserID)))
	case !r.has(argDomainName) && !r.has(argDomainID):
		r.missing(argDomainName, fmt.Sprintf("A user's name is known within an account only. Set %s, or %s.", named(argDomainName), named(argDomainID)))
	}
	if !hasIAM {
		r.missing(argAuthURL, fmt.Sprintf("A password is sent to IAM, and nothing says where that is. Set %s, or %s.", named(argRegion), named(argAuthURL)))
	}
	return auth.Password{
		UserName: r.get(argUserName), UserID: r.get(argUserID), Password: r.get(argPassword),
		DomainName: r.get(argDomainName), DomainID: r.get(argDomainID),
	}
}

// metadataVariable is for tests of the user's own.
const metadataVariable = "HW_METADATA_ENDPOINT"

func (r *resolver) metadata() auth.Credential {
	text := r.getenv(metadataVariable)
	if text == "" {
		text = auth.MetadataEndpoint
	}
	endpoint, err := parseMetadataEndpoint(text)
	if err != nil {
		r.problems = append(r.problems, problem{
			argECSMetadata, "Invalid metadata endpoint", "The environment variable " + metadataVariable + " cannot be used: " + err.Error() + ".",
		})
	}
	return auth.Metadata{Endpoint: endpoint}
}

// parseMetadataEndpoint refuses hosts that another machine could be: what they
// answer would be trusted with everything.
func parseMetadataEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("it must be an http URL without user information and query")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback() && !ip.IsLinkLocalUnicast()) {
		return nil, errors.New("its host must be a link-local or loopback address")
	}
	return u, nil
}

// assuming puts the agency, where one is named, in front of the credential.
func (r *resolver) assuming(caller auth.Credential, p auth.Profile, sts *url.URL) auth.Credential {
	found, _ := r.chosen()
	agency := auth.Agency{
		Name: r.get(argAgencyName), DomainName: r.get(argAgencyDomainName), DomainID: r.get(argAgencyDomainID),
	}
	switch {
	case caller == nil:
		return nil
	case r.has(argAgencyName):
		if agency.DomainName == "" && agency.DomainID == "" {
			r.missing(argAgencyDomainName, fmt.Sprintf("An agency is known within the account that has granted it. Set %s, or %s.",
				named(argAgencyDomainName), named(argAgencyDomainID)))
		}
	case r.hasAgencyBlock():
		r.missing(argAgencyName, fmt.Sprintf("%s does not say which agency. Set %s.", blockAssumeRole, named(argAgencyName)))
		return caller
	case p.Agency != nil && len(found) == 1 && found[0] == kindProfile:
		agency = *p.Agency
	default:
		return caller
	}
	agency.Caller, agency.STS, agency.Duration = caller, sts, r.agencyDuration()
	return agency
}

// hasAgencyBlock reports a block that says something, but not which agency.
func (r *resolver) hasAgencyBlock() bool {
	return slices.ContainsFunc([]string{argAgencyDomainName, argAgencyDomainID, argAgencyDuration}, func(name string) bool {
		return r.settings[name].level == fromBlock
	})
}

func (r *resolver) agencyDuration() time.Duration {
	if !r.has(argAgencyDuration) {
		return auth.DefaultAgencyDuration
	}
	duration := time.Duration(r.count(argAgencyDuration, 0)) * time.Second
	if duration < auth.MinAgencyDuration || duration > auth.MaxAgencyDuration {
		r.invalid(argAgencyDuration, fmt.Sprintf("it must be a number of seconds from %.0f to %.0f",
			auth.MinAgencyDuration.Seconds(), auth.MaxAgencyDuration.Seconds()))
	}
	return duration
}
