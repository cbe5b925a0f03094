package auth

import (
	"context"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// temporarySource signs with keys that end and are fetched anew before they do.
type temporarySource struct {
	session *Session
	keys    *cache[AccessKey]
}

func newTemporarySource(s *Session, fetch func(context.Context) (lease[AccessKey], error)) *temporarySource {
	return &temporarySource{session: s, keys: newCache(fetch)}
}

func (s *temporarySource) signer(
	ctx context.Context, projectID string, refused transport.Signer,
) (transport.Signer, error) {
	key, err := s.keys.get(ctx, func(held AccessKey) bool {
		used, ok := refused.(keySigner)
		return ok && used.key == held
	})
	if err != nil {
		return nil, err
	}
	return keySigner{key, projectID}, nil
}

func (s *temporarySource) projectID(ctx context.Context) (string, error) {
	return s.session.lookUpProject(ctx)
}

func (s *temporarySource) gateOf(string) string { return "" }

// issuedKey is how IAM and the metadata service write temporary keys.
type issuedKey struct {
	Access        string    `json:"access"`
	Secret        string    `json:"secret"`
	SecurityToken string    `json:"securitytoken"`
	ExpiresAt     time.Time `json:"expires_at"`
}

// keep returns the keys as a lease, and false where there are none.
func (s *Session) keep(k issuedKey, answer *transport.Response) (lease[AccessKey], bool) {
	s.secrets.Add(k.Access, k.Secret, k.SecurityToken)
	if k.Access == "" || k.Secret == "" || k.SecurityToken == "" {
		return lease[AccessKey]{}, false
	}
	return leased(AccessKey{k.Access, k.Secret, k.SecurityToken}, answer, k.ExpiresAt), true
}
