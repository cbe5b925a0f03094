// Package auth holds the credentials of one provider configuration: it signs
// requests, gets and renews tokens from IAM, and looks up the project. All of it
// happens at first use, never before.
package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Config says who asks, and for which project.
type Config struct {
	Credential Credential
	// IAM is the URL above /v3; nil where it is not known, which is an error only
	// when IAM is needed.
	IAM *url.URL
	// ProjectID is the default project; empty: the credential tells, or it is
	// looked up by ProjectName.
	ProjectID   string
	ProjectName string
}

// A Credential is a kind of identity: Token, AccessKey, Password, Agency or
// Metadata.
type Credential interface {
	// Kind names it in errors.
	Kind() Kind
	source(*Session) source
	// secrets are the parts that must not be shown.
	secrets() []string
}

// A Kind of credential.
type Kind string

// The kinds of credentials.
const (
	KindToken     Kind = "token"
	KindAccessKey Kind = "access key"
	KindPassword  Kind = "password"
	KindAgency    Kind = "agency"
	KindMetadata  Kind = "ECS agency"
)

// A source hands out signers for a credential.
type source interface {
	// signer returns what signs for a project from now on. refused is a signer that
	// the service has just refused, or nil. Where no better one can be had, it
	// returns refused again.
	signer(ctx context.Context, projectID string, refused transport.Signer) (transport.Signer, error)
	// projectID returns the default project's id, where the credential tells it
	// better than a lookup would.
	projectID(ctx context.Context) (string, error)
	// gateOf names the gate that requests for a project pass: requests whose
	// refusal would say the same of the credential share one.
	gateOf(projectID string) string
}

// Session authorises the requests of one provider configuration. It is safe for
// concurrent use.
type Session struct {
	http        *transport.Client
	secrets     *transport.Secrets
	iam         *url.URL
	projectName string
	kind        Kind
	source      source
	project     project

	mu    sync.Mutex
	gates map[string]*gate
}

// NewSession returns a session. It does not touch the network. What the
// credential holds, and what IAM will issue, is added to secrets.
func NewSession(client *transport.Client, secrets *transport.Secrets, c Config) *Session {
	s := &Session{
		http: client, secrets: secrets, iam: c.IAM, projectName: c.ProjectName,
		kind: c.Credential.Kind(), gates: make(map[string]*gate),
		project: project{lock: newLock()},
	}
	if c.ProjectID != "" {
		s.project.id.Store(&c.ProjectID)
	}
	secrets.Add(c.Credential.secrets()...)
	s.source = c.Credential.source(s)
	return s
}

// Do calls send with a signer for the project. Until the service has accepted
// the credential, one such call is under way at a time; a refusal is remembered,
// and later calls get it without a request. Where the service refuses a signer
// and a fresh one can be had, send is called once more.
func (s *Session) Do(
	ctx context.Context, projectID string, send func(transport.Signer) (*transport.Response, error),
) (*transport.Response, error) {
	return authorize(ctx, s.source, s.gate(s.source.gateOf(projectID)), s.kind, projectID, send)
}

// authorize is Do for any source and gate.
func authorize(
	ctx context.Context, from source, through *gate, kind Kind, projectID string,
	send func(transport.Signer) (*transport.Response, error),
) (*transport.Response, error) {
	return through.pass(ctx, func() (*transport.Response, error) {
		signer, err := from.signer(ctx, projectID, nil)
		if err != nil {
			return nil, err
		}
		resp, err := send(signer)
		if !isUnauthorized(err) {
			return resp, err
		}
		if !isBadIdentity(err) {
			fresh, renewErr := from.signer(ctx, projectID, signer)
			if renewErr != nil {
				return nil, renewErr
			}
			if fresh != signer {
				if resp, err = send(fresh); !isUnauthorized(err) {
					return resp, err
				}
			}
		}
		return nil, newRefusedError(kind, projectID, err)
	})
}

func (s *Session) gate(name string) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gates[name]
	if g == nil {
		g = newGate()
		s.gates[name] = g
	}
	return g
}

// isUnauthorized reports a 401 of the service (IAM's own have been told apart).
func isUnauthorized(err error) bool {
	var status *transport.StatusError
	return errors.As(err, &status) && status.Status == http.StatusUnauthorized
}

// isBadIdentity reports the code for a wrong key, signature or token, which a
// renewal does not mend and which locks a key when it is repeated (API page of
// the gateway's error codes).
func isBadIdentity(err error) bool {
	var status *transport.StatusError
	return errors.As(err, &status) && status.Code == "APIGW.0301"
}
