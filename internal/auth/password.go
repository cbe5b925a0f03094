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
		user: p, session: s, gate: newGate(), tokens: make(map[string]*cachedToken),
	}
}

// passwordSource keeps a token for each project.
type passwordSource struct {
	user    Password
	session *Session
	gate    *gate

	mu     sync.Mutex
	tokens map[string]*cachedToken
}

// cachedToken is a token and its renewal, of which one is under way at a time.
type cachedToken struct {
	lock    lock
	value   issuedToken
	failure error // an answer that asking again would not change
}

type issuedToken struct {
	token     string
	projectID string
	// renew and end are on this machine's monotonic clock.
	renew, end time.Time
}

func (s *passwordSource) gateOf(projectID string) string { return projectID }

func (s *passwordSource) signer(
	ctx context.Context, projectID string, refused transport.Signer,
) (transport.Signer, error) {
	issued, err := s.token(ctx, projectID, refused)
	if err != nil {
		return nil, err
	}
	return tokenSigner(issued.token), nil
}

// projectID takes the project that a token was issued for by the project's name:
// its answer holds the id.
func (s *passwordSource) projectID(ctx context.Context) (string, error) {
	issued, err := s.token(ctx, "", nil)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[issued.projectID] == nil {
		s.tokens[issued.projectID] = s.tokens[""]
	}
	return issued.projectID, nil
}

func (s *passwordSource) token(
	ctx context.Context, projectID string, refused transport.Signer,
) (issuedToken, error) {
	s.mu.Lock()
	cached := s.tokens[projectID]
	if cached == nil {
		cached = &cachedToken{lock: newLock()}
		s.tokens[projectID] = cached
	}
	s.mu.Unlock()

	if err := cached.lock.acquire(ctx); err != nil {
		return issuedToken{}, err
	}
	defer cached.lock.release()
	if cached.failure != nil {
		return issuedToken{}, cached.failure
	}
	now := time.Now()
	if refused == transport.Signer(tokenSigner(cached.value.token)) {
		cached.value = issuedToken{}
	}
	if cached.value.token != "" && now.Before(cached.value.renew) {
		return cached.value, nil
	}
	issued, err := s.request(ctx, projectID)
	switch {
	case err == nil:
		cached.value = issued
	case ctx.Err() == nil && cached.value.token != "" && now.Before(cached.value.end):
		// IAM is down, and the token still good.
	case isDefinite(err):
		cached.failure = err
		return issuedToken{}, err
	default:
		return issuedToken{}, err
	}
	return cached.value, nil
}

// request gets a token (IAM API page KeystoneCreateUserTokenByPassword).
func (s *passwordSource) request(ctx context.Context, projectID string) (issuedToken, error) {
	const doing = "getting a token"
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
			return issuedToken{}, errNoProject
		}
		scope.Name = s.session.projectName
	}
	body, err := json.Marshal(map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": who}},
		"scope":    map[string]any{"project": scope},
	}})
	if err != nil {
		return issuedToken{}, err
	}
	resp, err := s.gate.pass(ctx, func() (*transport.Response, error) {
		resp, err := s.session.iamRequest(ctx, http.MethodPost, "/v3/auth/tokens", "nocatalog=true", body, nil)
		return resp, iamError(KindPassword, doing, err)
	})
	if err != nil {
		return issuedToken{}, err
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
		return issuedToken{}, &IAMError{Doing: doing, Err: errors.New("the answer holds no token of a project")}
	}
	issued := issuedToken{token: token, projectID: answer.Token.Project.ID}
	issued.renew, issued.end = validity(resp, answer.Token.ExpiresAt)
	return issued, nil
}

// renewBefore is how long before its end a token or a key is renewed, at most a
// tenth of its life.
const renewBefore = 5 * time.Minute

// validity returns, on this machine's clock, when to renew what an answer issued
// and when it ends. The life is counted by the server's clock, so that one that
// is off here does not matter.
func validity(resp *transport.Response, expires time.Time) (renew, end time.Time) {
	now := time.Now()
	issued := resp.Date
	if issued.IsZero() {
		issued = now
	}
	life := expires.Sub(issued)
	if life <= 0 {
		life = time.Hour // It says nothing usable; a 401 would show that it has ended.
	}
	end = now.Add(life)
	return end.Add(-min(renewBefore, life/10)), end
}
