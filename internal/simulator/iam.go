package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// iamRoutes is version 3 of IAM: tokens by password, the list of projects, and
// temporary keys of an agency.
func (s *Simulator) iamRoutes() []route {
	return []route{
		{
			operation:        OperationToken,
			method:           http.MethodPost,
			path:             "/v3/auth/tokens",
			methodNotAllowed: iamMethodNotAllowed(http.MethodPost),
			serve:            s.createToken,
		},
		{
			operation:        OperationProjects,
			method:           http.MethodGet,
			path:             "/v3/projects",
			methodNotAllowed: iamMethodNotAllowed(http.MethodGet),
			serve:            s.listProjects,
		},
		{
			operation:        OperationAgency,
			method:           http.MethodPost,
			path:             "/v3.0/OS-CREDENTIAL/securitytokens",
			methodNotAllowed: iamMethodNotAllowed(http.MethodPost),
			serve:            s.assumeAgency,
		},
	}
}

func iamMethodNotAllowed(allowed string) func() reply {
	return func() reply {
		answer := keystoneError(http.StatusMethodNotAllowed, "The method is not allowed for the requested URL.")
		answer.header = http.Header{"Allow": {allowed}}
		return answer
	}
}

// namedOrID is how keystone names things.
type namedOrID struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// tokenRequest is what is read of a token request (IAM, "Obtaining a User Token
// Through Password Authentication").
type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					namedOrID
					Password string    `json:"password"`
					Domain   namedOrID `json:"domain"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope struct {
			Project *namedOrID `json:"project"`
		} `json:"scope"`
	} `json:"auth"`
}

func (s *Simulator) createToken(x *exchange) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.record.Credential, x.record.Identity = CredentialPassword, "unknown"

	var request tokenRequest
	if err := json.Unmarshal(x.body, &request); err != nil {
		return keystoneError(http.StatusBadRequest, "The request body is not valid.")
	}
	claimed := request.Auth.Identity.Password.User
	if !slices.Contains(request.Auth.Identity.Methods, "password") || claimed.Password == "" ||
		(claimed.ID == "" && (claimed.Name == "" || claimed.Domain == namedOrID{})) {
		return keystoneError(http.StatusBadRequest, "The request needs the method password, a user by id or by name and domain, and a password.")
	}
	user := s.findUser(claimed.namedOrID, claimed.Domain)
	if user == nil {
		return keystoneError(http.StatusUnauthorized, "The username or password is wrong.")
	}
	x.record.Identity = user.label
	if user.lock.locked() {
		return keystoneError(http.StatusUnauthorized, "The account is locked after too many failed logins. Try again 15 minutes after the last of them.")
	}
	if !sameText(claimed.Password, user.Password) {
		user.lock.fail(userLockTime)
		return keystoneError(http.StatusUnauthorized, "The username or password is wrong.")
	}
	user.lock.succeed()

	var project Project
	if scope := request.Auth.Scope.Project; scope != nil {
		found := slices.IndexFunc(s.scenario.Projects, func(p Project) bool {
			return (scope.ID != "" || scope.Name != "") &&
				(scope.ID == "" || scope.ID == p.ID) && (scope.Name == "" || scope.Name == p.Name)
		})
		if found < 0 {
			return keystoneError(http.StatusNotFound, "Could not find project: "+scope.ID+scope.Name+".")
		}
		project = s.scenario.Projects[found]
	}
	x.record.ProjectID = project.ID
	return s.issueToken(user.User, project, x.request.URL.Query().Get("nocatalog") == "true")
}

func (s *Simulator) findUser(claimed, domain namedOrID) *userState {
	for _, user := range s.users {
		if claimed.ID != "" && claimed.ID != user.ID || claimed.Name != "" && claimed.Name != user.Name {
			continue
		}
		if domain.ID != "" && domain.ID != user.DomainID || domain.Name != "" && domain.Name != user.DomainName {
			continue
		}
		return user
	}
	return nil
}

type scopedThing struct {
	namedOrID
	Domain namedOrID `json:"domain"`
}

type tokenBody struct {
	ExpiresAt string       `json:"expires_at"`
	IssuedAt  string       `json:"issued_at"`
	Methods   []string     `json:"methods"`
	Catalog   *[]struct{}  `json:"catalog,omitempty"`
	Roles     []namedOrID  `json:"roles"`
	Project   *scopedThing `json:"project,omitempty"`
	User      scopedThing  `json:"user"`
}

// issueToken is called with s.mu held. Without a project the token is good for
// IAM alone.
func (s *Simulator) issueToken(user User, project Project, noCatalog bool) reply {
	now := time.Now()
	expires := now.Add(time.Duration(s.scenario.TokenLifetime))
	s.issued++
	label := fmt.Sprintf("issued token %d", s.issued)
	sum := sha256.Sum256([]byte(label + s.started.String()))
	token := fmt.Sprintf("simulated-token-%d-%s", s.issued, hex.EncodeToString(sum[:]))
	s.tokens[token] = &tokenState{label: label, projectID: project.ID, expires: expires}

	domain := namedOrID{ID: user.DomainID, Name: user.DomainName}
	body := tokenBody{
		ExpiresAt: s.keystoneTime(expires),
		IssuedAt:  s.keystoneTime(now),
		Methods:   []string{"password"},
		Roles:     []namedOrID{{ID: "0", Name: "te_agency"}},
		User:      scopedThing{namedOrID{ID: user.ID, Name: user.Name}, domain},
	}
	if project.ID != "" {
		body.Project = &scopedThing{namedOrID(project), domain}
	}
	if !noCatalog {
		body.Catalog = &[]struct{}{}
	}
	answer := jsonReply(http.StatusCreated, map[string]tokenBody{"token": body})
	answer.header = http.Header{"X-Subject-Token": {token}}
	return answer
}

func (s *Simulator) keystoneTime(t time.Time) string {
	return s.serverTime(t).Format("2006-01-02T15:04:05.000000Z")
}

type projectBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DomainID    string `json:"domain_id"`
	ParentID    string `json:"parent_id"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	IsDomain    bool   `json:"is_domain"`
}

// listProjects is IAM's "Querying Project Information", with its filter by name:
// the projects of the account that the credential belongs to.
func (s *Simulator) listProjects(x *exchange) reply {
	if refused := s.authenticate(x, ""); refused != nil {
		return x.iamRefusal(refused)
	}
	domainID := x.account
	if domainID == ownAccount {
		domainID = s.scenario.ownDomain().ID
	}
	name := x.request.URL.Query().Get("name")
	projects := []projectBody{}
	for _, project := range s.scenario.projectsOf(x.account) {
		wanted := name == "" || project.Name == name
		if s.scenario.LooseProjectFilter {
			wanted = strings.HasPrefix(project.Name, name)
		}
		if wanted {
			projects = append(projects, projectBody{
				ID: project.ID, Name: project.Name, DomainID: domainID, ParentID: domainID, Enabled: true,
			})
		}
	}
	return jsonReply(http.StatusOK, map[string]any{"projects": projects, "links": struct{}{}})
}
