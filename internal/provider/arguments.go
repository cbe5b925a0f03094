package provider

// The names of the provider's arguments.
const (
	argRegion        = "region"
	argProjectID     = "project_id"
	argProjectName   = "project_name"
	argEndpoint      = "endpoint"
	argAuthURL       = "auth_url"
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
	argInsecure      = "insecure"
	argCACertFile    = "cacert_file"
	argMaxRetries    = "max_retries"

	argRequestsPerMinute = "requests_per_minute"
)

// argument is one of the provider's arguments: the schema, the documentation and
// the error texts are made from it.
type argument struct {
	name        string
	variable    string // of the environment; empty: none
	sensitive   bool
	description string
}

// Arguments that the official Huawei Cloud provider has, too, carry its names,
// meanings and variables.
var arguments = []argument{
	{argRegion, "HW_REGION_NAME", false, "Region, such as `cn-north-4`."},
	{argProjectID, "HW_PROJECT_ID", false, "Project whose jobs are read. When absent, a password's token tells it, " +
		"and otherwise IAM is asked for the project whose name is exactly `project_name`."},
	{argProjectName, "HW_PROJECT_NAME", false, "Name of the project, where `project_id` is absent. Default: the region's name."},
	{argEndpoint, "HW_WORKSPACE_ENDPOINT", false, "URL of the service. Default: by region. Plain `http` is for loopback addresses only."},
	{argAuthURL, "HW_AUTH_URL", false, "URL of IAM, with or without `/v3`. Default: `https://iam.{region}.{cloud}/v3`."},
	{argCloud, "HW_CLOUD", false, "Domain of the cloud. Default: `myhuaweicloud.com`, or `myhuaweicloud.eu` for regions that begin with `eu-west-1`."},
	{argToken, "HW_AUTH_TOKEN", true, "IAM token that was issued elsewhere. It belongs to one project. With `project_id`, IAM is never asked."},
	{argAccessKey, "HW_ACCESS_KEY", true, "Access key. Needs `secret_key`."},
	{argSecretKey, "HW_SECRET_KEY", true, "Secret key. Needs `access_key`."},
	{argSecurityToken, "HW_SECURITY_TOKEN", true, "Security token that belongs to temporary access keys."},
	{argUserName, "HW_USER_NAME", false, "Name of the IAM user who signs in with `password`. Needs `domain_name` or `domain_id`."},
	{argUserID, "HW_USER_ID", false, "Id of the IAM user who signs in with `password`, in place of the name."},
	{argPassword, "HW_USER_PASSWORD", true, "Password of the IAM user. Tokens are kept in memory and renewed before they end."},
	{argDomainName, "HW_DOMAIN_NAME", false, "Name of the account that the user belongs to."},
	{argDomainID, "HW_DOMAIN_ID", false, "Id of the account that the user belongs to, in place of its name."},
	{argInsecure, "HW_INSECURE", false, "Whether any TLS certificate is accepted. Default: `false`."},
	{argCACertFile, "", false, "Certificate authorities to trust in place of the system's: PEM text, or a file of that name."},
	{argMaxRetries, "HW_MAX_RETRIES", false, "How often a transient fault is tried again when a job is read without `wait_timeout`, " +
		"and an address that nobody answers at in any case. 0: never. Default: `5`."},
	{argRequestsPerMinute, "HW_REQUESTS_PER_MINUTE", false, "How many requests for jobs this provider configuration makes in a minute at the most. " +
		"The service's limit is documented as 200 for each user. 0: no limit but the service's. Default: `160`."},
}

// named is how texts refer to an argument: by its name and its variable.
func named(name string) string {
	for _, a := range arguments {
		if a.name == name && a.variable != "" {
			return name + " (or " + a.variable + ")"
		}
	}
	return name
}
