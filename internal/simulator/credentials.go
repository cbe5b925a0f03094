package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The limits of failed attempts: an access key is locked for five minutes after
// more than five consecutive ones (API Request Signing Guide, "Authentication by
// AK/SK"), a user for fifteen (IAM, "Obtaining a User Token Through Password
// Authentication").
const (
	allowedFailures = 5
	keyLockTime     = 5 * time.Minute
	userLockTime    = 15 * time.Minute
)

const badAuth = "Incorrect IAM authentication information: "

type tokenState struct {
	label     string
	projectID string
	expires   time.Time
}

type keyState struct {
	AccessKey
	label   string
	account string
	// expires is the end of a temporary key; zero: there is none.
	expires time.Time
	lock    failureLock
}

func (k *keyState) expired() bool {
	return !k.expires.IsZero() && !time.Now().Before(k.expires)
}

type userState struct {
	User
	label string
	lock  failureLock
}

// failureLock counts consecutive failures.
type failureLock struct {
	failures int
	until    time.Time
}

func (l *failureLock) locked() bool {
	return time.Now().Before(l.until)
}

func (l *failureLock) fail(lockTime time.Duration) {
	l.failures++
	if l.failures > allowedFailures {
		*l = failureLock{until: time.Now().Add(lockTime)}
	}
}

func (l *failureLock) succeed() {
	l.failures = 0
}

func (s *Simulator) loadCredentials() {
	for i, token := range s.scenario.Tokens {
		s.tokens[token.Token] = &tokenState{
			label:     fmt.Sprintf("token %d", i+1),
			projectID: token.ProjectID,
			expires:   s.started.Add(time.Duration(token.ExpiresIn)),
		}
	}
	for i, key := range s.scenario.AccessKeys {
		s.keys[key.Access] = &keyState{AccessKey: key, label: fmt.Sprintf("access key %d", i+1)}
	}
	for i, user := range s.scenario.Users {
		s.users = append(s.users, &userState{User: user, label: fmt.Sprintf("user %d", i+1)})
	}
}

// ExpireTokens makes all tokens issued so far expired, those of the scenario
// included. Tokens issued afterwards are good.
func (s *Simulator) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.tokens {
		token.expires = time.Time{}
	}
}

// ExpireKeys makes all temporary keys given out so far expired, those of the
// scenario included. Keys given out afterwards are good, and so are permanent
// ones.
func (s *Simulator) ExpireKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.keys {
		if key.SecurityToken != "" {
			key.expires = time.Now()
		}
	}
}

// issueKey gives out a temporary key of an account. It is called with s.mu held.
func (s *Simulator) issueKey(account string, lifetime time.Duration) *keyState {
	s.issuedKeys++
	label := fmt.Sprintf("issued key %d", s.issuedKeys)
	made := func(purpose string) string {
		sum := sha256.Sum256([]byte(purpose + label + s.started.String()))
		return hex.EncodeToString(sum[:])
	}
	key := &keyState{
		AccessKey: AccessKey{
			Access:        "HST" + strings.ToUpper(made("access")[:17]),
			Secret:        made("secret")[:40],
			SecurityToken: fmt.Sprintf("simulated-security-token-%d-%s", s.issuedKeys, made("security token")),
		},
		label:   label,
		account: account,
		expires: time.Now().Add(lifetime),
	}
	s.keys[key.Access] = key
	return key
}

// refusal is why a credential was not accepted, in the words of the gateway.
type refusal struct {
	code    string
	message string
}

func refuse(text string) *refusal {
	return &refusal{code: "APIGW.0301", message: badAuth + text}
}

// authenticate checks the token or the signature of a request. A token must be
// one of the project; an empty project is any.
func (s *Simulator) authenticate(x *exchange, projectID string) *refusal {
	header := x.request.Header
	if token := header.Get("X-Auth-Token"); token != "" {
		return s.checkToken(x, token, projectID)
	}
	if value := header.Get("Authorization"); value != "" {
		return s.checkSignature(x, value)
	}
	return refuse("neither X-Auth-Token nor Authorization found")
}

func (s *Simulator) checkToken(x *exchange, token, projectID string) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.record.Credential, x.record.Identity = CredentialToken, "unknown"
	state, ok := s.tokens[token]
	if !ok {
		return refuse("decrypt token fail")
	}
	x.record.Identity = state.label
	foreign := projectID != "" && projectID != state.projectID
	if foreign || !time.Now().Before(state.expires) {
		return &refusal{code: "APIGW.0307", message: "The token must be updated."}
	}
	return nil
}

func (s *Simulator) checkSignature(x *exchange, value string) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.record.Credential, x.record.Identity = CredentialAccessKey, "unknown"
	securityToken := x.request.Header.Get("X-Security-Token")
	if securityToken != "" {
		x.record.Credential = CredentialTemporaryKey
	}
	auth, err := parseAuthorization(value)
	if err != nil {
		return refuse("the Authorization header " + err.Error())
	}
	key, ok := s.keys[auth.access]
	if !ok {
		return refuse("Get secretKey failed,ak:" + auth.access + ",err:ak not exist")
	}
	x.record.Identity, x.account = key.label, key.account
	if key.lock.locked() {
		return refuse("AK access failed to reach the limit,forbidden")
	}
	if refused := s.verifyKey(x, key, auth, securityToken); refused != nil {
		key.lock.fail(keyLockTime)
		return refused
	}
	key.lock.succeed()
	return nil
}

func (s *Simulator) verifyKey(x *exchange, key *keyState, auth authorization, securityToken string) *refusal {
	if !sameText(securityToken, key.SecurityToken) {
		if securityToken == "" {
			// Without its security token a temporary key is unknown to IAM.
			return refuse("Get secretKey failed,ak:" + auth.access + ",err:ak not exist")
		}
		return refuse("decrypt token fail")
	}
	if key.expired() {
		// No page tells how the gateway puts it. Its words for a security token that
		// it cannot use are these.
		return refuse("decrypt token fail")
	}
	if !dateAccepted(x.request.Header.Get(dateHeader), s.serverTime(time.Now())) {
		return refuse("verify aksk signature fail")
	}
	if !auth.signs(x.request, x.body, key.Secret) {
		return refuse("verify aksk signature fail")
	}
	return nil
}

// bySignature tells whether a request has a signature that counts: a token comes
// first.
func (x *exchange) bySignature() bool {
	return x.request.Header.Get("Authorization") != "" && x.request.Header.Get("X-Auth-Token") == ""
}

// iamRefusal is a refusal in the words of IAM: its own for tokens, the gateway's
// for signatures.
func (x *exchange) iamRefusal(refused *refusal) reply {
	if !x.bySignature() {
		return keystoneError(http.StatusUnauthorized, "The request you have made requires authentication.")
	}
	return x.gatewayError(http.StatusUnauthorized, refused.code, refused.message)
}
