package provider

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
)

// The names of the provider's arguments. Those of a block are behind its name and
// a dot.
const (
	argRegion        = "region"
	argProjectID     = "project_id"
	argProjectName   = "project_name"
	argEndpoint      = "endpoint"
	argAuthURL       = "auth_url"
	argSTSEndpoint   = "sts_endpoint"
	argCloud         = "cloud"
	argToken         = "token"
	argAccessKey     = "access_key"
	argSecretKey     = "secret_key"
	argSecurityToken = "security_token"
	argUserName      = "user_name"
	argUserID        = "user_id"
	argPassword      = "password"
	argDomainName    = "domain_name"
	argDomainID      = "domain_id"
	argSharedConfig  = "shared_config_file"
	argProfile       = "profile"
	argECSMetadata   = "ecs_metadata"
	argInsecure      = "insecure"
	argCACertFile    = "cacert_file"
	argCert          = "cert"
	argKey           = "key"
	argMaxRetries    = "max_retries"
	argAPIVersion    = "api_version"

	argRequestsPerMinute = "requests_per_minute"

	blockAssumeRole     = "assume_role"
	argAgencyName       = blockAssumeRole + ".agency_name"
	argAgencyDomainName = blockAssumeRole + ".domain_name"
	argAgencyDomainID   = blockAssumeRole + ".domain_id"
	argAgencyDuration   = blockAssumeRole + ".duration"
)

// argument is one of the provider's arguments: the schema, the documentation and
// the error texts are made from it.
type argument struct {
	name string
	kind argumentKind
	// variables of the environment, the first of which wins.
	variables   []string
	sensitive   bool
	description string
}

type argumentKind int

const (
	textArgument argumentKind = iota
	truthArgument
	countArgument
)

// arguments are those of the provider. What the official Huawei Cloud provider
// has, too, carries its names, meanings and variables.
var arguments = []argument{
	{argRegion, textArgument, env("HW_REGION_NAME", "OS_REGION_NAME"), false, "Region, such as `cn-north-4`."},
	{argProjectID, textArgument, env("HW_PROJECT_ID", "OS_PROJECT_ID"), false,
		"Project whose jobs are read. When absent, a password's token tells it, and otherwise IAM is asked for the project " +
			"whose name is exactly `project_name`."},
	{argProjectName, textArgument, env("HW_PROJECT_NAME", "OS_PROJECT_NAME"), false,
		"Name of the project, where `project_id` is absent. Default: the region's name."},
	{argEndpoint, textArgument, env("HW_WORKSPACE_ENDPOINT"), false,
		"URL of the service. Default: by region. Plain `http` is for loopback addresses only."},
	{argAuthURL, textArgument, env("HW_AUTH_URL", "OS_AUTH_URL"), false,
		"URL of IAM, with or without `/v3`. Default: `https://iam.{region}.{cloud}/v3`."},
	{argSTSEndpoint, textArgument, env("HW_STS_ENDPOINT"), false,
		"URL of STS, for an agency by `domain_id`. Default: `https://sts.{region}.{cloud}`."},
	{argCloud, textArgument, env("HW_CLOUD"), false,
		"Domain of the cloud. Default: `myhuaweicloud.com`, or `myhuaweicloud.eu` for regions that begin with `eu-west-1`."},
	{argToken, textArgument, env("HW_AUTH_TOKEN", "OS_AUTH_TOKEN"), true,
		"IAM token that was issued elsewhere. It belongs to one project. With `project_id`, IAM is never asked."},
	{argAccessKey, textArgument, env("HW_ACCESS_KEY", "OS_ACCESS_KEY"), true, "Access key. Needs `secret_key`."},
	{argSecretKey, textArgument, env("HW_SECRET_KEY", "OS_SECRET_KEY"), true, "Secret key. Needs `access_key`."},
	{argSecurityToken, textArgument, env("HW_SECURITY_TOKEN"), true, "Security token that belongs to temporary access keys."},
	{argUserName, textArgument, env("HW_USER_NAME", "OS_USERNAME"), false,
		"Name of the IAM user who signs in with `password`. Needs `domain_name` or `domain_id`."},
	{argUserID, textArgument, env("HW_USER_ID", "OS_USER_ID"), false,
		"Id of the IAM user who signs in with `password`, in place of the name."},
	{argPassword, textArgument, env("HW_USER_PASSWORD", "OS_PASSWORD"), true,
		"Password of the IAM user. Tokens are kept in memory and renewed before they end."},
	{argDomainName, textArgument, env("HW_DOMAIN_NAME", "OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME"), false,
		"Name of the account that the user belongs to."},
	{argDomainID, textArgument, env("HW_DOMAIN_ID", "OS_DOMAIN_ID", "OS_USER_DOMAIN_ID", "OS_PROJECT_DOMAIN_ID"), false,
		"Id of the account that the user belongs to, in place of its name."},
	{argSharedConfig, textArgument, env("HW_SHARED_CONFIG_FILE"), false,
		"KooCLI's configuration file. Default, where `profile` is set: `~/.hcloud/config.json`. Its keys must not be encrypted."},
	{argProfile, textArgument, env("HW_PROFILE"), false,
		"Profile in KooCLI's configuration file, for its keys, region, project and agency. Default, where `shared_config_file` " +
			"is set: the file's current one."},
	{argECSMetadata, truthArgument, env("HW_ECS_METADATA"), false,
		"Whether to use the agency of the ECS that Terraform runs on. Default: `false`; the metadata service is never asked unasked."},
	{argAgencyName, textArgument, env("HW_ASSUME_ROLE_AGENCY_NAME"), false, "Name of the agency."},
	{argAgencyDomainName, textArgument, env("HW_ASSUME_ROLE_DOMAIN_NAME"), false,
		"Name of the account that has granted the agency. This, or `domain_id`."},
	{argAgencyDomainID, textArgument, env("HW_ASSUME_ROLE_DOMAIN_ID"), false,
		"Id of the account that has granted the agency. With access keys, STS is then asked in place of IAM."},
	{argAgencyDuration, countArgument, env("HW_ASSUME_ROLE_DURATION"), false,
		"Life of one session in seconds, 900 to 86400. It is renewed before its end. Default: `3600`."},
	{argInsecure, truthArgument, env("HW_INSECURE", "OS_INSECURE"), false,
		"Whether any TLS certificate is accepted. Default: `false`."},
	{argCACertFile, textArgument, env("OS_CACERT"), false,
		"Certificate authorities to trust in place of the system's: PEM text, or a file of that name."},
	{argCert, textArgument, env("OS_CERT"), false, "Client certificate: PEM text, or a file of that name. Needs `key`."},
	{argKey, textArgument, env("OS_KEY"), true, "Private key of `cert`: PEM text, or a file of that name."},
	{argMaxRetries, countArgument, env("HW_MAX_RETRIES"), false,
		"How often a transient fault is tried again when a job is read without `wait_timeout`, and an address that nobody " +
			"answers at in any case. 0: never. Default: `5`."},
	{argRequestsPerMinute, countArgument, env("HW_REQUESTS_PER_MINUTE"), false,
		"How many requests for jobs this provider configuration makes in a minute at the most. The service's limit is " +
			"documented as 200 for each user. 0: no limit but the service's. Default: `160`."},
	{argAPIVersion, textArgument, env("HW_WORKSPACE_API_VERSION"), false,
		"Version of the job API, `v1` or `v2`. Default: `v1`, and `v2` once the service shows that v1 no longer exists."},
}

func env(variables ...string) []string { return variables }

// argumentNamed returns an argument, or for a block's name one without variables.
func argumentNamed(name string) argument {
	i := slices.IndexFunc(arguments, func(a argument) bool { return a.name == name })
	if i < 0 {
		return argument{name: name}
	}
	return arguments[i]
}

// at is where the argument stands in the provider's configuration.
func (a argument) at() path.Path {
	if block, name, nested := strings.Cut(a.name, "."); nested {
		return path.Root(block).AtName(name)
	}
	return path.Root(a.name)
}

// variable is the one that texts name; empty: there is none.
func (a argument) variable() string {
	if len(a.variables) == 0 {
		return ""
	}
	return a.variables[0]
}

// named is how texts refer to an argument: by its name and its variable.
func named(name string) string {
	if variable := argumentNamed(name).variable(); variable != "" {
		return name + " (or " + variable + ")"
	}
	return name
}
