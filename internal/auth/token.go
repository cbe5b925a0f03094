package auth

import (
	"context"
	"net/http"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Token is an IAM token that was issued elsewhere. It belongs to one project and
// cannot be renewed.
type Token struct{ Value string }

// Kind implements Credential.
func (Token) Kind() Kind { return KindToken }

// String hides the token.
func (Token) String() string { return string(KindToken) }

// GoString hides the token.
func (t Token) GoString() string { return t.String() }

func (t Token) secrets() []string { return []string{t.Value} }

func (t Token) source(s *Session) source { return &tokenSource{token: t.Value, session: s} }

type tokenSource struct {
	token   string
	session *Session
}

func (s *tokenSource) signer(context.Context, string, transport.Signer) (transport.Signer, error) {
	return tokenSigner(s.token), nil
}

func (s *tokenSource) projectID(ctx context.Context) (string, error) {
	return s.session.lookUpProject(ctx)
}

// gateOf keeps the projects apart: a token that one project refuses may well be
// another's.
func (s *tokenSource) gateOf(projectID string) string { return projectID }

// tokenSigner sends a token as it is.
type tokenSigner string

func (t tokenSigner) Sign(req *http.Request, _ []byte) error {
	req.Header.Set("X-Auth-Token", string(t))
	return nil
}
