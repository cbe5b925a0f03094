package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Password is an IAM user. UserID alone names the user; a UserName needs
// DomainName or DomainID, the account, beside it.
type Password struct {
	UserName, UserID     string
	DomainName, DomainID string
	Password             string
}

// Kind implements Credential.
func (Password) Kind() Kind { return KindPassword }

// String hides the password.
func (Password) String() string { return string(KindPassword) }

// GoString hides the password.
func (p Password) GoString() string { return p.String() }

func (p Password) secrets() []string { return []string{p.Password} }

func (p Password) source(s *Session) source {
	return &passwordSource{
		user: p, session: s, gate: newGate(), tokens: make(map[string]*cache[issuedToken]),
	}
}

// passwordSource keeps a token for each project.
type passwordSource struct {
	user    Password
	session *Session
	gate    *gate

	mu     sync.Mutex
	tokens map[string]*cache[issuedToken]
}

type issuedToken struct{ token, projectID string }

func (s *passwordSource) gateOf(projectID string) string { return projectID }

func (s *passwordSource) signer(
	ctx context.Context, projectID string, refused transport.Signer,
) (transport.Signer, error) {
	issued, err := s.cacheOf(projectID).get(ctx, func(held issuedToken) bool {
		return refused == transport.Signer(tokenSigner(held.token))
	})
	if err != nil {
		return nil, err
	}
	return tokenSigner(issued.token), nil
}

// projectID takes the project that a token was issued for by the project's name:
// its answer holds the id.
func (s *passwordSource) projectID(ctx context.Context) (string, error) {
	byName := s.cacheOf("")
	issued, err := byName.get(ctx, func(issuedToken) bool { return false })
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[issued.projectID] == nil {
		s.tokens[issued.projectID] = byName
	}
	return issued.projectID, nil
}

func (s *passwordSource) cacheOf(projectID string) *cache[issuedToken] {
	s.mu.Lock()
	defer s.mu.Unlock()
	tokens := s.tokens[projectID]
	if tokens == nil {
		tokens = newCache(func(ctx context.Context) (lease[issuedToken], error) { return s.request(ctx, projectID) })
		s.tokens[projectID] = tokens
	}
	return tokens
}

// request gets a token (IAM API page KeystoneCreateUserTokenByPassword).
func (s *passwordSource) request(ctx context.Context, projectID string) (lease[issuedToken], error) {
	var none lease[issuedToken]
	const doing = "getting a token from IAM"
	type named struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name,omitempty"`
	}
	type user struct {
		named

		Password string `json:"password"`
		Domain   *named `json:"domain,omitempty"`
	}
	who := user{named: named{ID: s.user.UserID}, Password: s.user.Password}
	if s.user.UserID == "" {
		who.Name = s.user.UserName
		who.Domain = &named{ID: s.user.DomainID, Name: s.user.DomainName}
	}
	scope := named{ID: projectID}
	if projectID == "" {
		if s.session.projectName == "" {
			return none, errNoProject
		}
		scope.Name = s.session.projectName
	}
	body, err := json.Marshal(map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": who}},
		"scope":    map[string]any{"project": scope},
	}})
	if err != nil {
		return none, err
	}
	resp, err := s.gate.pass(ctx, func() (*transport.Response, error) {
		resp, err := s.session.iamRequest(ctx, http.MethodPost, "/v3/auth/tokens", "nocatalog=true", body, nil)
		return resp, iamError(KindPassword, doing, err)
	})
	if err != nil {
		return none, err
	}
	var answer struct {
		Token struct {
			ExpiresAt time.Time `json:"expires_at"`
			Project   struct {
				ID string `json:"id"`
			} `json:"project"`
		} `json:"token"`
	}
	token := resp.Header.Get("X-Subject-Token")
	s.session.secrets.Add(token)
	if err := json.Unmarshal(resp.Body, &answer); err != nil || token == "" || answer.Token.Project.ID == "" {
		return none, &IAMError{Doing: doing, Argument: argAuthURL, Err: errors.New("the answer holds no token of a project")}
	}
	return leased(issuedToken{token, answer.Token.Project.ID}, resp, answer.Token.ExpiresAt), nil
}
