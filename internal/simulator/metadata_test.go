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
	metadataTokenPath = "/meta-data/latest/api/token"
	securityKeyPath   = "/openstack/latest/securitykey"
)

func withHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func metadataOf(t *testing.T, metadata *Metadata) *Simulator {
	t.Helper()
	scenario := DefaultScenario()
	scenario.Metadata = metadata
	return mustNew(t, scenario)
}

func securityKey(t *testing.T, h http.Handler, token string) *httptest.ResponseRecorder {
	t.Helper()
	if token == "" {
		return call(t, h, http.MethodGet, securityKeyPath, "")
	}
	return call(t, h, http.MethodGet, securityKeyPath, "", withHeader(metadataHeader, token))
}

func TestMetadataKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := metadataOf(t, &Metadata{Agency: DefaultECSAgencyName, KeyLifetime: Duration(time.Hour)})
		w := securityKey(t, s, "")
		wantStatus(t, w, http.StatusOK)
		key, expires := issuedBy(t, w)
		if left := time.Until(expires); left != time.Hour {
			t.Errorf("the key is good for %s", left)
		}
		if got := visibleProjects(t, s, key); got != defaultDomainID+"/"+DefaultProjectID {
			t.Errorf("it sees %s", got)
		}
		if next, _ := issuedBy(t, securityKey(t, s, "")); next.Access == key.Access {
			t.Error("the same key is given out again")
		}
		read := func() *httptest.ResponseRecorder {
			return call(t, s, http.MethodGet, jobPath+DefaultJobEndless, "", signed(key, time.Now()))
		}
		wantStatus(t, read(), http.StatusOK)
		time.Sleep(time.Hour)
		wantRefusal(t, read(), http.StatusUnauthorized, "APIGW.0301", "decrypt token fail")
		wantStatus(t, call(t, s, http.MethodPost, securityKeyPath, ""), http.StatusMethodNotAllowed)

		other := metadataOf(t, &Metadata{Agency: DefaultAgencyName})
		key, expires = issuedBy(t, securityKey(t, other, ""))
		if got := visibleProjects(t, other, key); got != DefaultAgencyDomainID+"/"+DefaultAgencyProjectID || time.Until(expires) != 24*time.Hour {
			t.Errorf("it sees %s until %s", got, expires)
		}
	})
}

func TestMetadataTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := metadataOf(t, &Metadata{Agency: DefaultECSAgencyName, RequireToken: true})
		create := func(seconds string) *httptest.ResponseRecorder {
			return call(t, s, http.MethodPut, metadataTokenPath, "", withHeader(metadataTTLHeader, seconds))
		}
		for _, seconds := range []string{"", "0", "-1", "21601", "1h"} {
			wantStatus(t, create(seconds), http.StatusBadRequest)
		}
		wantStatus(t, call(t, s, http.MethodGet, metadataTokenPath, ""), http.StatusMethodNotAllowed)
		first, second := create("60"), create("21600")
		wantStatus(t, second, http.StatusOK)
		if first.Body.String() == second.Body.String() || strings.ContainsAny(second.Body.String(), "\"\n ") ||
			!strings.HasPrefix(second.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("got %s and %s, %v", first.Body, second.Body, second.Header())
		}
		wantStatus(t, securityKey(t, s, ""), http.StatusUnauthorized)
		wantStatus(t, securityKey(t, s, "unknown"), http.StatusUnauthorized)
		wantStatus(t, securityKey(t, s, first.Body.String()), http.StatusOK)
		time.Sleep(time.Minute)
		s.ExpireKeys()
		s.ExpireTokens()
		wantStatus(t, securityKey(t, s, first.Body.String()), http.StatusUnauthorized)
		wantStatus(t, securityKey(t, s, second.Body.String()), http.StatusOK)
		for _, record := range s.Requests() {
			if record.Credential != "" || record.Identity != "" ||
				record.Operation != OperationMetadataToken && record.Operation != OperationMetadataKey {
				t.Errorf("got %+v", record)
			}
		}
	})
}

func TestMetadataThatLacksThings(t *testing.T) {
	t.Parallel()
	put := func(s *Simulator) *httptest.ResponseRecorder {
		return call(t, s, http.MethodPut, metadataTokenPath, "", withHeader(metadataTTLHeader, "60"))
	}
	none := metadataOf(t, nil)
	wantStatus(t, put(none), http.StatusNotFound)
	wantStatus(t, securityKey(t, none, ""), http.StatusNotFound)

	first := metadataOf(t, &Metadata{Agency: DefaultECSAgencyName, TokenStatus: http.StatusMethodNotAllowed})
	wantStatus(t, put(first), http.StatusMethodNotAllowed)
	wantStatus(t, securityKey(t, first, "any"), http.StatusUnauthorized)
	wantStatus(t, securityKey(t, first, ""), http.StatusOK)

	bare := metadataOf(t, &Metadata{})
	wantStatus(t, put(bare), http.StatusOK)
	w := securityKey(t, bare, "")
	if w.Code != http.StatusUnauthorized || w.Body.String() != "Please configure Cloud Service Agency first" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}

	faulty := metadataOf(t, &Metadata{Agency: DefaultECSAgencyName})
	faulty.AddFault(Fault{On: OperationMetadataKey, Times: 1, Status: http.StatusUnauthorized, Body: "401"})
	wantStatus(t, put(faulty), http.StatusOK)
	wantStatus(t, securityKey(t, faulty, ""), http.StatusUnauthorized)
	wantStatus(t, securityKey(t, faulty, ""), http.StatusOK)
}
