package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// The lifetimes of an agency's temporary keys that can be asked for, in seconds
// (IAM, "Obtaining Temporary Access Keys and Security Tokens of an Agency", field
// duration_seconds).
const (
	shortestAgencyKey = 900
	longestAgencyKey  = 86400
	defaultAgencyKey  = 900
)

// agencyRequest is what is read of a request for temporary keys of an agency.
type agencyRequest struct {
	Auth struct {
		Identity struct {
			Methods    []string `json:"methods"`
			AssumeRole struct {
				AgencyName      string `json:"agency_name"`
				DomainName      string `json:"domain_name"`
				DomainID        string `json:"domain_id"`
				DurationSeconds *int   `json:"duration_seconds"`
			} `json:"assume_role"`
		} `json:"identity"`
	} `json:"auth"`
}

// credentialBody is a temporary key in the form of IAM and of the metadata.
type credentialBody struct {
	Access        string `json:"access"`
	Secret        string `json:"secret"`
	SecurityToken string `json:"securitytoken"`
	ExpiresAt     string `json:"expires_at"`
}

// assumeAgency gives out temporary keys of an agency, to a token or a signature.
// Its errors are those of the v3.0 API (IAM, "Error Codes").
func (s *Simulator) assumeAgency(x *exchange) reply {
	if refused := s.authenticate(x, ""); refused != nil {
		if x.bySignature() {
			return x.gatewayError(http.StatusUnauthorized, refused.code, refused.message)
		}
		return serviceError(http.StatusUnauthorized, "IAM.0001", "The request you have made requires authentication.")
	}
	var request agencyRequest
	if err := json.Unmarshal(x.body, &request); err != nil {
		return serviceError(http.StatusBadRequest, "IAM.0011", "Request body is invalid.")
	}
	role := request.Auth.Identity.AssumeRole
	seconds, ok := lifetimeSeconds(role.DurationSeconds, shortestAgencyKey, longestAgencyKey, defaultAgencyKey)
	switch {
	case !slices.Contains(request.Auth.Identity.Methods, "assume_role"):
		return serviceError(http.StatusBadRequest, "IAM.0007", "Request parameter methods is invalid.")
	case role.AgencyName == "":
		return serviceError(http.StatusBadRequest, "IAM.0072", "'agency_name' is a required property.")
	case role.DomainName == "" && role.DomainID == "":
		return serviceError(http.StatusBadRequest, "IAM.0072", "'domain_id' is a required property.")
	case !ok:
		return serviceError(http.StatusBadRequest, "IAM.0007", "Request parameter duration_seconds is invalid.")
	}
	agency, found := s.scenario.findAgency(role.AgencyName, namedOrID{ID: role.DomainID, Name: role.DomainName})
	if !found {
		return serviceError(http.StatusNotFound, "IAM.0004", "Could not find agency: "+role.AgencyName+".")
	}
	return s.credentialReply(http.StatusCreated, agency, time.Duration(seconds)*time.Second)
}

// credentialReply gives out a temporary key of an agency.
func (s *Simulator) credentialReply(status int, agency Agency, lifetime time.Duration) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.issueKey(s.scenario.accountOf(agency.DomainID), lifetime)
	return jsonReply(status, map[string]credentialBody{"credential": {
		Access:        key.Access,
		Secret:        key.Secret,
		SecurityToken: key.SecurityToken,
		ExpiresAt:     s.keystoneTime(key.expires),
	}})
}

// lifetimeSeconds is the lifetime asked for, if it is within the limits.
func lifetimeSeconds(asked *int, shortest, longest, byDefault int) (int, bool) {
	if asked == nil {
		return byDefault, true
	}
	return *asked, *asked >= shortest && *asked <= longest
}
