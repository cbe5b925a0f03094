package auth

import (
	"context"
	"net/http"
	"reflect"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// AccessKey is a pair of keys, with a security token where they are temporary.
type AccessKey struct{ Access, Secret, SecurityToken string }

// Kind implements Credential.
func (AccessKey) Kind() Kind { return KindAccessKey }

// String hides the keys.
func (AccessKey) String() string { return string(KindAccessKey) }

// GoString hides the keys.
func (k AccessKey) GoString() string { return k.String() }

func (k AccessKey) secrets() []string { return []string{k.Access, k.Secret, k.SecurityToken} }

func (k AccessKey) source(s *Session) source { return &keySource{key: k, session: s} }

type keySource struct {
	key     AccessKey
	session *Session
}

func (s *keySource) signer(_ context.Context, projectID string, _ transport.Signer) (transport.Signer, error) {
	return keySigner{s.key, projectID}, nil
}

func (s *keySource) projectID(ctx context.Context) (string, error) {
	return s.session.lookUpProject(ctx)
}

// gateOf is one for all projects: a key is right or wrong everywhere.
func (s *keySource) gateOf(string) string { return "" }

// keySigner signs with SDK-HMAC-SHA256 (API page "Adding the Signature to the
// Request Header") through the service's own signer.
type keySigner struct {
	key       AccessKey
	projectID string
}

// Sign signs the headers that the service reads and no others: a proxy that
// rewrites the User-Agent must not break the signature.
func (s keySigner) Sign(req *http.Request, body []byte) error {
	if s.projectID != "" {
		req.Header.Set("X-Project-Id", s.projectID)
	}
	if s.key.SecurityToken != "" {
		req.Header.Set("X-Security-Token", s.key.SecurityToken)
	}
	b := request.NewHttpRequestBuilder().
		WithEndpoint(req.URL.Scheme + "://" + req.URL.Host).
		WithMethod(req.Method).
		WithPath(req.URL.Path)
	for _, name := range []string{"X-Project-Id", "X-Security-Token"} {
		if value := req.Header.Get(name); value != "" {
			b.AddHeaderParam(name, value)
		}
	}
	for name, values := range req.URL.Query() {
		b.AddQueryParam(name, reflect.ValueOf(values))
	}
	if len(body) > 0 {
		b.WithBody("", string(body))
	}
	headers, err := signer.Sign(b.Build(), s.key.Access, s.key.Secret)
	if err != nil {
		return err
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	return nil
}
