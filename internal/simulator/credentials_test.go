package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := DefaultScenario()
		scenario.Projects = append(scenario.Projects, Project{ID: "other", Name: "cn-north-4_other"})
		s := mustNew(t, scenario)
		const path = jobPath + DefaultJobSucceeded
		read := func(path string, prepare ...func(*http.Request)) *httptest.ResponseRecorder {
			return call(t, s, http.MethodGet, path, "", prepare...)
		}

		wantStatus(t, read(path, withToken(tokenValue)), http.StatusOK)
		wantRefusal(t, read(path), http.StatusUnauthorized, "APIGW.0301", "neither")
		wantRefusal(t, read(path, withToken("x")), http.StatusUnauthorized, "APIGW.0301", "decrypt token fail")
		wantRefusal(t, read("/v1/other/job/1", withToken(tokenValue)), http.StatusUnauthorized, "APIGW.0307", "The token must be updated")

		time.Sleep(24*time.Hour - time.Nanosecond)
		wantStatus(t, read(path, withToken(tokenValue)), http.StatusOK)
		time.Sleep(time.Nanosecond)
		wantRefusal(t, read(path, withToken(tokenValue)), http.StatusUnauthorized, "APIGW.0307", "")
	})
}

func TestExpireTokens(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	issued := passwordToken(t, s)
	read := func(token string) *httptest.ResponseRecorder {
		return call(t, s, http.MethodGet, jobPath+DefaultJobSucceeded, "", withToken(token))
	}
	wantStatus(t, read(issued), http.StatusOK)
	s.ExpireTokens()
	wantRefusal(t, read(issued), http.StatusUnauthorized, "APIGW.0307", "")
	wantRefusal(t, read(tokenValue), http.StatusUnauthorized, "APIGW.0307", "")
	wantStatus(t, read(passwordToken(t, s)), http.StatusOK)
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		key, temporary := s.scenario.AccessKeys[0], s.scenario.AccessKeys[1]
		read := func(prepare ...func(*http.Request)) *httptest.ResponseRecorder {
			return call(t, s, http.MethodGet, jobPath+DefaultJobSucceeded+"?b=2&a=%20", "", prepare...)
		}
		header := func(name, value string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set(name, value) }
		}
		now := time.Now()
		badSecret := key
		badSecret.Secret = "wrong"
		unknown := AccessKey{Access: "NOBODY", Secret: "x"}
		noToken, wrongToken, needlessToken := temporary, temporary, key
		noToken.SecurityToken, wrongToken.SecurityToken, needlessToken.SecurityToken = "", "wrong", "needless"

		wantStatus(t, read(signed(key, now)), http.StatusOK)
		wantStatus(t, read(signed(temporary, now)), http.StatusOK)
		wantStatus(t, read(header("X-Project-Id", DefaultProjectID), signed(key, now)), http.StatusOK)
		wantStatus(t, read(signed(key, now), header("X-Project-Id", DefaultProjectID)), http.StatusOK)
		wantStatus(t, read(signed(key, now.Add(15*time.Minute))), http.StatusOK)
		wantRefusal(t, read(header("X-Project-Id", "other"), signed(key, now)), http.StatusForbidden, "APIGW.0310", "")
		wantRefusal(t, read(signed(key, now.Add(-15*time.Minute-time.Second))), http.StatusUnauthorized, "APIGW.0301", "verify aksk signature fail")
		wantRefusal(t, read(signed(badSecret, now)), http.StatusUnauthorized, "APIGW.0301", "verify aksk signature fail")
		wantRefusal(t, read(signed(unknown, now)), http.StatusUnauthorized, "APIGW.0301", "Get secretKey failed,ak:NOBODY,err:ak not exist")
		wantRefusal(t, read(signed(noToken, now)), http.StatusUnauthorized, "APIGW.0301", "ak not exist")
		wantRefusal(t, read(signed(wrongToken, now)), http.StatusUnauthorized, "APIGW.0301", "decrypt token fail")
		wantRefusal(t, read(signed(needlessToken, now)), http.StatusUnauthorized, "APIGW.0301", "decrypt token fail")
		wantRefusal(t, read(header("Authorization", "Basic x")), http.StatusUnauthorized, "APIGW.0301", "does not begin with")
		wantRefusal(t, call(t, s, http.MethodGet, "/v1/nowhere/job/1", "", signed(key, now)), http.StatusForbidden, "APIGW.0310", "unavailable")
	})
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := DefaultScenario()
		scenario.ClockSkew = Duration(20 * time.Minute)
		s := mustNew(t, scenario)
		key := scenario.AccessKeys[0]
		now := time.Now()
		w := call(t, s, http.MethodGet, jobPath+DefaultJobEndless, "", signed(key, now))
		wantRefusal(t, w, http.StatusUnauthorized, "APIGW.0301", "verify aksk signature fail")
		server := now.Add(20 * time.Minute).UTC()
		if got := w.Header().Get("Date"); got != server.Format(http.TimeFormat) {
			t.Errorf("Date is %s", got)
		}
		wantStatus(t, call(t, s, http.MethodGet, jobPath+DefaultJobEndless, "", signed(key, server)), http.StatusOK)
		if got := readJob(t, s, DefaultJobEndless).BeginTime; got != server.Add(-10*time.Minute).Format(time.RFC3339) {
			t.Errorf("begin_time is %s", got)
		}
	})
}

func TestAccessKeyLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		key := s.scenario.AccessKeys[0]
		bad := key
		bad.Secret = "wrong"
		read := func(key AccessKey) *httptest.ResponseRecorder {
			return call(t, s, http.MethodGet, jobPath+DefaultJobSucceeded, "", signed(key, time.Now()))
		}
		for range 5 {
			wantRefusal(t, read(bad), http.StatusUnauthorized, "APIGW.0301", "verify aksk signature fail")
		}
		wantStatus(t, read(key), http.StatusOK)
		for range 6 {
			wantRefusal(t, read(bad), http.StatusUnauthorized, "APIGW.0301", "verify aksk signature fail")
		}
		wantRefusal(t, read(key), http.StatusUnauthorized, "APIGW.0301", "AK access failed to reach the limit,forbidden")
		wantStatus(t, read(s.scenario.AccessKeys[1]), http.StatusOK)
		time.Sleep(5*time.Minute - time.Nanosecond)
		wantRefusal(t, read(key), http.StatusUnauthorized, "APIGW.0301", "AK access failed to reach the limit,forbidden")
		time.Sleep(time.Nanosecond)
		wantStatus(t, read(key), http.StatusOK)
	})
}

func TestRecordNamesNoSecret(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	now := time.Now()
	const path = jobPath + DefaultJobSucceeded
	call(t, s, http.MethodGet, path, "", withToken(tokenValue))
	call(t, s, http.MethodGet, path, "", withToken("nobody's"))
	call(t, s, http.MethodGet, path, "", withToken(passwordToken(t, s)))
	call(t, s, http.MethodGet, path, "", signed(s.scenario.AccessKeys[0], now))
	call(t, s, http.MethodGet, path, "", signed(s.scenario.AccessKeys[1], now))
	call(t, s, http.MethodGet, path, "")
	call(t, s, http.MethodGet, "/v9/a%0Ab", "")

	var got []string
	for _, r := range s.Requests() {
		got = append(got, strings.Join([]string{r.Operation, string(r.Credential), r.Identity}, "|"))
		if r.RequestID == "" || r.Time.IsZero() || r.Status == 0 {
			t.Errorf("got %+v", r)
		}
	}
	want := []string{
		"job|token|token 1", "job|token|unknown", "token|password|user 1", "job|token|issued token 1",
		"job|access-key|access key 1", "job|temporary-key|access key 2", "job||", "unknown||",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
	if path := s.Requests()[7].Path; path != "/v9/a%0Ab" {
		t.Errorf("the path is %q", path)
	}
	if s.Count("") != 8 || s.Count(OperationJob) != 6 || s.Count(OperationProjects) != 0 {
		t.Errorf("got %d, %d, %d", s.Count(""), s.Count(OperationJob), s.Count(OperationProjects))
	}
	s.Reset()
	if s.Count("") != 0 {
		t.Error("Reset has not forgotten the requests")
	}
}
