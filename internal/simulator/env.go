package simulator

import (
	"fmt"
)

// Env returns the environment of a provider that is to use this server with the
// first credential of a kind: HW_REGION_NAME, HW_AUTH_URL,
// HW_WORKSPACE_ENDPOINT and those of the credential. The project id is among
// them for a token alone; other kinds find the project in IAM by its name.
func (s *Server) Env(kind Credential) (map[string]string, error) {
	scenario := s.scenario
	env := map[string]string{
		"HW_REGION_NAME":        scenario.Region,
		"HW_AUTH_URL":           s.URL + "/v3",
		"HW_WORKSPACE_ENDPOINT": s.URL,
	}
	if name := scenario.Projects[0].Name; name != scenario.Region {
		env["HW_PROJECT_NAME"] = name
	}
	switch kind {
	case CredentialToken:
		if len(scenario.Tokens) == 0 {
			return nil, missingCredential(kind, "tokens")
		}
		env["HW_AUTH_TOKEN"] = scenario.Tokens[0].Token
		env["HW_PROJECT_ID"] = scenario.Tokens[0].ProjectID
		delete(env, "HW_PROJECT_NAME")
	case CredentialAccessKey, CredentialTemporaryKey:
		key, ok := scenario.firstKey(kind == CredentialTemporaryKey)
		if !ok {
			return nil, missingCredential(kind, "access_keys")
		}
		env["HW_ACCESS_KEY"] = key.Access
		env["HW_SECRET_KEY"] = key.Secret
		if key.SecurityToken != "" {
			env["HW_SECURITY_TOKEN"] = key.SecurityToken
		}
	case CredentialPassword:
		if len(scenario.Users) == 0 {
			return nil, missingCredential(kind, "users")
		}
		user := scenario.Users[0]
		env["HW_USER_NAME"] = user.Name
		env["HW_USER_PASSWORD"] = user.Password
		if user.DomainName != "" {
			env["HW_DOMAIN_NAME"] = user.DomainName
		} else {
			env["HW_DOMAIN_ID"] = user.DomainID
		}
	default:
		return nil, fmt.Errorf("%q is no kind of credential; use %s, %s, %s or %s", kind,
			CredentialToken, CredentialAccessKey, CredentialTemporaryKey, CredentialPassword)
	}
	return env, nil
}

func (sc Scenario) firstKey(temporary bool) (AccessKey, bool) {
	for _, key := range sc.AccessKeys {
		if (key.SecurityToken != "") == temporary {
			return key, true
		}
	}
	return AccessKey{}, false
}

func missingCredential(kind Credential, field string) error {
	return fmt.Errorf("the scenario has no credential of the kind %s; add one to %q or use another kind", kind, field)
}
