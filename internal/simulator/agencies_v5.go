package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"
)

// The lifetimes of temporary keys from STS that can be asked for, in seconds
// (IAM, new edition, "Obtaining Temporary Security Credentials Through an Agency
// or Trust Agency", field duration_seconds). Keys that are got with temporary
// keys live for an hour at most.
const (
	shortestAgencyV5Key = 900
	longestAgencyV5Key  = 43200
	longestChainedKey   = 3600
	defaultAgencyV5Key  = 3600
)

// agencyURN is "iam::<domain id>:agency:<name>".
var agencyURN = regexp.MustCompile(`^iam::([^:]+):agency:(.+)$`)

// stsRoutes is version 5 of STS.
func (s *Simulator) stsRoutes() []route {
	return []route{{
		operation: OperationAgencyV5,
		method:    http.MethodPost,
		path:      "/v5/agencies/assume",
		methodNotAllowed: func() reply {
			answer := stsBadRequest("method not allowed")
			answer.status, answer.header = http.StatusMethodNotAllowed, http.Header{"Allow": {http.MethodPost}}
			return answer
		},
		serve: s.assumeAgencyV5,
	}}
}

// stsBadRequest is an error of STS in its documented form. Which code it has when
// a parameter is wrong is not documented; this one is made up.
func stsBadRequest(message string) reply {
	return serviceError(http.StatusBadRequest, "STS5.1000", message)
}

type agencyV5Request struct {
	AgencyURN         string `json:"agency_urn"`
	AgencySessionName string `json:"agency_session_name"`
	DurationSeconds   *int   `json:"duration_seconds"`
}

type agencyV5Body struct {
	AssumedAgency assumedAgency   `json:"assumed_agency"`
	Credentials   credentialsBody `json:"credentials"`
}

type assumedAgency struct {
	URN string `json:"urn"`
	ID  string `json:"id"`
}

type credentialsBody struct {
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	SecurityToken   string `json:"security_token"`
	Expiration      string `json:"expiration"`
}

// assumeAgencyV5 gives out temporary keys of an agency, to a signature alone.
func (s *Simulator) assumeAgencyV5(x *exchange) reply {
	value := x.request.Header.Get("Authorization")
	refused := refuse("Authorization not found")
	if value != "" {
		refused = s.checkSignature(x, value)
	}
	if refused != nil {
		return x.gatewayError(http.StatusUnauthorized, refused.code, refused.message)
	}
	var request agencyV5Request
	if err := json.Unmarshal(x.body, &request); err != nil {
		return stsBadRequest("the request body is not valid")
	}
	longest := longestAgencyV5Key
	if x.request.Header.Get("X-Security-Token") != "" {
		longest = longestChainedKey
	}
	seconds, ok := lifetimeSeconds(request.DurationSeconds, shortestAgencyV5Key, longest, defaultAgencyV5Key)
	urn := agencyURN.FindStringSubmatch(request.AgencyURN)
	switch name := request.AgencySessionName; {
	case urn == nil:
		return stsBadRequest("agency_urn is not valid")
	case len(name) < 2 || len(name) > 128:
		return stsBadRequest("agency_session_name must have 2 to 128 characters")
	case !ok:
		return stsBadRequest("duration_seconds is not valid")
	}
	domain := namedOrID{ID: urn[1]}
	agency, found := s.scenario.findAgency(urn[2], domain)
	if !found {
		// The code and the words are of "Returned Values"; the status is not.
		return serviceError(http.StatusNotFound, "STS5.1106", "the agency '"+request.AgencyURN+"' cannot be found")
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.issueKey(s.scenario.accountOf(agency.DomainID), time.Duration(seconds)*time.Second)
	return jsonReply(http.StatusOK, agencyV5Body{
		AssumedAgency: assumedAgency{
			URN: "sts::" + domain.ID + "::assumed-agency:" + agency.Name + "/" + request.AgencySessionName,
			ID:  madeUpID("agency "+domain.ID+" "+agency.Name) + ":" + request.AgencySessionName,
		},
		Credentials: credentialsBody{
			AccessKeyID:     key.Access,
			SecretAccessKey: key.Secret,
			SecurityToken:   key.SecurityToken,
			Expiration:      timeV2(s.serverTime(key.expires)),
		},
	})
}
