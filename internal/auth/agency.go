package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Agency is the right to act in another account, which Caller assumes.
type Agency struct {
	Caller Credential
	Name   string
	// DomainName or DomainID is the account that has granted the agency.
	DomainName, DomainID string
	// Duration is the life of one session; it is renewed before its end.
	Duration time.Duration
	// STS is the URL above /v5; nil where it is not known.
	STS *url.URL
}

// The limits of a session's duration, as the API pages of both versions give
// them.
const (
	MinAgencyDuration     = 15 * time.Minute
	MaxAgencyDuration     = 24 * time.Hour // 12 hours in v5
	DefaultAgencyDuration = time.Hour

	maxDurationV5      = 12 * time.Hour
	maxDurationChained = time.Hour // for a caller with a security token
)

// Kind implements Credential.
func (Agency) Kind() Kind { return KindAgency }

// String hides the caller's secrets.
func (Agency) String() string { return string(KindAgency) }

// GoString hides the caller's secrets.
func (a Agency) GoString() string { return a.String() }

func (a Agency) secrets() []string { return a.Caller.secrets() }

func (a Agency) source(s *Session) source {
	caller := a.Caller.source(s)
	gate := newGate()
	return newTemporarySource(s, func(ctx context.Context) (lease[AccessKey], error) {
		var issued lease[AccessKey]
		_, err := authorize(ctx, caller, gate, a.Caller.Kind(), "", func(signer transport.Signer) (*transport.Response, error) {
			resp, key, err := a.assume(ctx, s, signer)
			if err != nil {
				return nil, err
			}
			var ok bool
			if issued, ok = s.keep(key, resp); !ok {
				return nil, &IAMError{Doing: doingAssume, Argument: argAssumeRole, Err: errors.New("the answer holds no keys")}
			}
			return resp, nil
		})
		return issued, err
	})
}

const doingAssume = "assuming the agency"

// assume asks in v5 where the account is given by its id and the caller signs
// with keys, and in v3 otherwise.
func (a Agency) assume(
	ctx context.Context, s *Session, signer transport.Signer,
) (*transport.Response, issuedKey, error) {
	duration := a.Duration
	if keys, ok := signer.(keySigner); ok && a.DomainID != "" {
		duration = min(duration, maxDurationV5)
		if keys.key.SecurityToken != "" {
			duration = min(duration, maxDurationChained)
		}
		return a.assumeV5(ctx, s, signer, duration)
	}
	return a.assumeV3(ctx, s, signer, duration)
}

// assumeV3 is CreateTemporaryAccessKeyByAgency of IAM v3.0.
func (a Agency) assumeV3(
	ctx context.Context, s *Session, signer transport.Signer, duration time.Duration,
) (*transport.Response, issuedKey, error) {
	role := map[string]any{"agency_name": a.Name, "duration_seconds": int(duration.Seconds())}
	if a.DomainID != "" {
		role["domain_id"] = a.DomainID
	} else {
		role["domain_name"] = a.DomainName
	}
	var answer struct {
		Credential issuedKey `json:"credential"`
	}
	if s.iam == nil {
		return nil, issuedKey{}, errNoIAM
	}
	resp, err := s.postJSON(ctx, s.iam, "/v3.0/OS-CREDENTIAL/securitytokens", map[string]any{
		"auth": map[string]any{"identity": map[string]any{"methods": []string{"assume_role"}, "assume_role": role}},
	}, signer, &answer)
	return resp, answer.Credential, err
}

// assumeV5 is AssumeAgency of STS.
func (a Agency) assumeV5(
	ctx context.Context, s *Session, signer transport.Signer, duration time.Duration,
) (*transport.Response, issuedKey, error) {
	if a.STS == nil {
		return nil, issuedKey{}, &SetupError{
			Argument: "sts_endpoint", Problem: "STS is needed for an agency by domain_id, and without a region its URL is not known",
		}
	}
	var answer struct {
		Credentials struct {
			AccessKeyID     string    `json:"access_key_id"`
			SecretAccessKey string    `json:"secret_access_key"`
			SecurityToken   string    `json:"security_token"`
			Expiration      time.Time `json:"expiration"`
		} `json:"credentials"`
	}
	resp, err := s.postJSON(ctx, a.STS, "/v5/agencies/assume", map[string]any{
		"agency_urn":          "iam::" + a.DomainID + ":agency:" + a.Name,
		"agency_session_name": "terraform-provider-workspace",
		"duration_seconds":    int(duration.Seconds()),
	}, signer, &answer)
	c := answer.Credentials
	return resp, issuedKey{c.AccessKeyID, c.SecretAccessKey, c.SecurityToken, c.Expiration}, err
}

// postJSON sends a request to IAM or STS, and reads its answer. A 401 stays what
// it is, so that the caller's credential can be renewed.
func (s *Session) postJSON(
	ctx context.Context, base *url.URL, path string, body any, signer transport.Signer, answer any,
) (*transport.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	resp, err := s.http.Do(ctx, transport.Request{Method: http.MethodPost, URL: transport.At(base, path), Body: text}, signer)
	switch {
	case isUnauthorized(err):
		return nil, err
	case err != nil:
		return nil, &IAMError{Doing: doingAssume, Argument: argAssumeRole, Err: err}
	}
	if err := json.Unmarshal(resp.Body, answer); err != nil {
		return nil, &IAMError{Doing: doingAssume, Argument: argAssumeRole, Err: errors.New("the answer cannot be read")}
	}
	return resp, nil
}
