package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	userBody    = `"name":"simulated-user","password":"simulated-password-1","domain":{"name":"simulated-account"}`
	projectBy   = `"project":{"name":"cn-north-4"}`
	tokensPath  = "/v3/auth/tokens?nocatalog=true"
	wrongSecret = `"name":"simulated-user","password":"wrong","domain":{"name":"simulated-account"}`
)

func tokenRequestBody(user, scope string) string {
	return `{"auth":{"identity":{"methods":["password"],"password":{"user":{` + user + `}}},"scope":{` + scope + `}}}`
}

func passwordToken(t *testing.T, s *Simulator) string {
	t.Helper()
	w := call(t, s, http.MethodPost, tokensPath, tokenRequestBody(userBody, projectBy))
	wantStatus(t, w, http.StatusCreated)
	return w.Header().Get("X-Subject-Token")
}

// wantKeystone checks an error whose code is a number.
func wantKeystone(t *testing.T, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	type body struct {
		Error struct {
			Message, Title string
			Code           int
		}
	}
	got := decode[body](t, w.Body.Bytes()).Error
	if w.Code != status || got.Code != status || got.Title != http.StatusText(status) || !strings.Contains(got.Message, text) {
		t.Errorf("got %d %s, want %d with %q", w.Code, w.Body, status, text)
	}
	if w.Header().Get("X-Iam-Trace-Id") == "" {
		t.Error("there is no X-IAM-Trace-Id")
	}
}

func TestCreateToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := DefaultScenario()
		scenario.TokenLifetime = Duration(time.Hour)
		s := mustNew(t, scenario)
		for name, body := range map[string]string{
			"name":      tokenRequestBody(userBody, projectBy),
			"domain id": tokenRequestBody(`"name":"simulated-user","password":"simulated-password-1","domain":{"id":"`+defaultDomainID+`"}`, projectBy),
			"user id":   tokenRequestBody(`"id":"e0e1e2e3e4e5e6e7e8e9eaebecedeeef","password":"simulated-password-1"`, `"project":{"id":"`+DefaultProjectID+`"}`),
		} {
			w := call(t, s, http.MethodPost, tokensPath, body)
			wantStatus(t, w, http.StatusCreated)
			token := decode[map[string]tokenBody](t, w.Body.Bytes())["token"]
			expires, err := time.Parse("2006-01-02T15:04:05.000000Z", token.ExpiresAt)
			if err != nil || !expires.Equal(time.Now().Add(time.Hour)) {
				t.Errorf("%s: expires_at is %s", name, token.ExpiresAt)
			}
			if token.Project == nil || token.Project.ID != DefaultProjectID || token.Project.Name != DefaultRegion ||
				token.User.Name != "simulated-user" || token.User.Domain.Name != "simulated-account" || token.Catalog != nil {
				t.Errorf("%s: got %s", name, w.Body)
			}
			subject := w.Header().Get("X-Subject-Token")
			wantStatus(t, call(t, s, http.MethodGet, jobPath+DefaultJobSucceeded, "", withToken(subject)), http.StatusOK)
		}
		w := call(t, s, http.MethodPost, "/v3/auth/tokens", tokenRequestBody(userBody, projectBy))
		if !strings.Contains(w.Body.String(), `"catalog":[]`) {
			t.Errorf("there is no catalog in %s", w.Body)
		}
		if got := s.Requests()[0].ProjectID; got != DefaultProjectID {
			t.Errorf("the project in the record is %q", got)
		}
	})
}

func TestCreateTokenRefuses(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	post := func(body string) *httptest.ResponseRecorder { return call(t, s, http.MethodPost, tokensPath, body) }

	wantKeystone(t, post(tokenRequestBody(wrongSecret, projectBy)), http.StatusUnauthorized, "username or password")
	wantKeystone(t, post(tokenRequestBody(strings.Replace(userBody, "simulated-account", "other", 1), projectBy)), http.StatusUnauthorized, "username or password")
	wantKeystone(t, post(tokenRequestBody(userBody, `"project":{"name":"cn"}`)), http.StatusNotFound, "project: cn.")
	wantKeystone(t, post(tokenRequestBody(userBody, `"project":{}`)), http.StatusNotFound, "project")
	wantKeystone(t, post(tokenRequestBody(`"name":"simulated-user","password":"simulated-password-1"`, projectBy)), http.StatusBadRequest, "domain")
	wantKeystone(t, post(strings.Replace(tokenRequestBody(userBody, projectBy), `"password"]`, `"hw_assume"]`, 1)), http.StatusBadRequest, "method")
	wantKeystone(t, post("{"), http.StatusBadRequest, "body")
	wantKeystone(t, call(t, s, http.MethodGet, tokensPath, ""), http.StatusMethodNotAllowed, "")

	// A token without a project is good for IAM alone.
	w := post(tokenRequestBody(userBody, ""))
	wantStatus(t, w, http.StatusCreated)
	token := w.Header().Get("X-Subject-Token")
	wantRefusal(t, call(t, s, http.MethodGet, jobPath+"1", "", withToken(token)), http.StatusUnauthorized, "APIGW.0307", "")
	wantStatus(t, call(t, s, http.MethodGet, "/v3/projects", "", withToken(token)), http.StatusOK)
}

func TestUserLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		post := func(user string) *httptest.ResponseRecorder {
			return call(t, s, http.MethodPost, tokensPath, tokenRequestBody(user, projectBy))
		}
		for range 6 {
			wantKeystone(t, post(wrongSecret), http.StatusUnauthorized, "username or password")
		}
		wantKeystone(t, post(userBody), http.StatusUnauthorized, "locked")
		time.Sleep(15 * time.Minute)
		wantStatus(t, post(userBody), http.StatusCreated)
	})
}

func TestListProjects(t *testing.T) {
	t.Parallel()
	scenario := DefaultScenario()
	scenario.Projects = append([]Project{{ID: "sub", Name: "cn-north-4_sub"}}, scenario.Projects...)
	for _, loose := range []bool{false, true} {
		scenario.LooseProjectFilter = loose
		s := mustNew(t, scenario)
		list := func(query string) string {
			w := call(t, s, http.MethodGet, "/v3/projects"+query, "", signed(scenario.AccessKeys[0], time.Now()))
			wantStatus(t, w, http.StatusOK)
			type body struct{ Projects []projectBody }
			var ids []string
			for _, project := range decode[body](t, w.Body.Bytes()).Projects {
				ids = append(ids, project.ID)
			}
			return strings.Join(ids, " ")
		}
		want := DefaultProjectID
		if loose {
			want = "sub " + DefaultProjectID
		}
		if got := list("?name=cn-north-4"); got != want {
			t.Errorf("loose %v: got %s, want %s", loose, got, want)
		}
		if got := list(""); got != "sub "+DefaultProjectID {
			t.Errorf("loose %v: got %s", loose, got)
		}
		if got := list("?name=nowhere"); got != "" {
			t.Errorf("loose %v: got %s", loose, got)
		}
	}

	s := mustNew(t, scenario)
	bad := scenario.AccessKeys[0]
	bad.Secret = "wrong"
	wantKeystone(t, call(t, s, http.MethodGet, "/v3/projects", "", withToken("x")), http.StatusUnauthorized, "authentication")
	wantKeystone(t, call(t, s, http.MethodGet, "/v3/projects", ""), http.StatusUnauthorized, "authentication")
	wantRefusal(t, call(t, s, http.MethodGet, "/v3/projects", "", signed(bad, time.Now())), http.StatusUnauthorized, "APIGW.0301", "verify aksk")
}
