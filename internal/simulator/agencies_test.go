package simulator

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	agencyPath   = "/v3.0/OS-CREDENTIAL/securitytokens"
	agencyV5Path = "/v5/agencies/assume"
	otherJobPath = "/v1/" + DefaultAgencyProjectID + "/job/"
)

// agencyBody asks for keys of the default agency, with more fields.
func agencyBody(fields string) string {
	return `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"agency_name":"` + DefaultAgencyName + `"` + fields + `}}}}`
}

const byDomainName = `,"domain_name":"` + DefaultAgencyDomainName + `"`

func agencyV5RequestBody(urn, session, duration string) string {
	if duration != "" {
		duration = `,"duration_seconds":` + duration
	}
	return fmt.Sprintf(`{"agency_urn":%q,"agency_session_name":%q%s}`, urn, session, duration)
}

const defaultURN = "iam::" + DefaultAgencyDomainID + ":agency:" + DefaultAgencyName

// issuedBy is the key and its end in an answer of IAM or the metadata.
func issuedBy(t *testing.T, w *httptest.ResponseRecorder) (AccessKey, time.Time) {
	t.Helper()
	body := decode[map[string]credentialBody](t, w.Body.Bytes())["credential"]
	expires, err := time.Parse("2006-01-02T15:04:05.000000Z", body.ExpiresAt)
	if err != nil || body.Access == "" || body.Secret == "" || body.SecurityToken == "" {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	return AccessKey{Access: body.Access, Secret: body.Secret, SecurityToken: body.SecurityToken}, expires
}

// visibleProjects are the ids of the projects that a credential finds.
func visibleProjects(t *testing.T, h http.Handler, key AccessKey) string {
	t.Helper()
	type list struct {
		Projects []projectBody `json:"projects"`
	}
	w := call(t, h, http.MethodGet, "/v3/projects?name=cn-north-4", "", signed(key, time.Now()))
	wantStatus(t, w, http.StatusOK)
	var found []string
	for _, project := range decode[list](t, w.Body.Bytes()).Projects {
		found = append(found, project.DomainID+"/"+project.ID)
	}
	return strings.Join(found, " ")
}

func TestAgencyKeysSeeTheAgencysAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		own := s.scenario.AccessKeys[0]
		w := call(t, s, http.MethodPost, agencyPath, agencyBody(byDomainName+`,"duration_seconds":1800`), signed(own, time.Now()))
		wantStatus(t, w, http.StatusCreated)
		key, expires := issuedBy(t, w)
		if left := time.Until(expires); left != 30*time.Minute {
			t.Errorf("the key is good for %s", left)
		}
		if got := visibleProjects(t, s, own); got != defaultDomainID+"/"+DefaultProjectID {
			t.Errorf("the caller sees %s", got)
		}
		if got := visibleProjects(t, s, key); got != DefaultAgencyDomainID+"/"+DefaultAgencyProjectID {
			t.Errorf("the agency sees %s", got)
		}
		read := func(path string, key AccessKey) *httptest.ResponseRecorder {
			return call(t, s, http.MethodGet, path, "", signed(key, time.Now()))
		}
		wantStatus(t, read(otherJobPath+DefaultJobOfAgency, key), http.StatusOK)
		wantRefusal(t, read(jobPath+DefaultJobEndless, key), http.StatusForbidden, "APIGW.0310", "unavailable")
		wantRefusal(t, read(otherJobPath+DefaultJobOfAgency, own), http.StatusForbidden, "APIGW.0310", "unavailable")
		noToken := key
		noToken.SecurityToken = ""
		wantRefusal(t, read(otherJobPath+DefaultJobOfAgency, noToken), http.StatusUnauthorized, "APIGW.0301", "ak not exist")

		records := s.Requests()
		if records[0].Operation != OperationAgency || records[0].Identity != "access key 1" ||
			records[3].Credential != CredentialTemporaryKey || records[3].Identity != "issued key 1" {
			t.Errorf("got %+v", records)
		}
		time.Sleep(30*time.Minute - time.Nanosecond)
		wantStatus(t, read(otherJobPath+DefaultJobOfAgency, key), http.StatusOK)
		time.Sleep(time.Nanosecond)
		wantRefusal(t, read(otherJobPath+DefaultJobOfAgency, key), http.StatusUnauthorized, "APIGW.0301", "decrypt token fail")
	})
}

func TestExpireKeys(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	permanent, temporary := s.scenario.AccessKeys[0], s.scenario.AccessKeys[1]
	issue := func() AccessKey {
		key, _ := issuedBy(t, call(t, s, http.MethodPost, agencyPath, agencyBody(byDomainName), withToken(tokenValue)))
		return key
	}
	read := func(path string, key AccessKey) int {
		return call(t, s, http.MethodGet, path, "", signed(key, time.Now())).Code
	}
	old := issue()
	s.ExpireKeys()
	renewed := issue()
	got := []int{
		read(otherJobPath+DefaultJobOfAgency, old), read(jobPath+DefaultJobEndless, temporary),
		read(otherJobPath+DefaultJobOfAgency, renewed), read(jobPath+DefaultJobEndless, permanent),
	}
	if fmt.Sprint(got) != "[401 401 200 200]" {
		t.Errorf("got %v", got)
	}
}

func TestAgencyRefusals(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	post := func(body string, prepare ...func(*http.Request)) *httptest.ResponseRecorder {
		return call(t, s, http.MethodPost, agencyPath, body, prepare...)
	}
	for body, want := range map[string]string{
		"":                       "400 IAM.0011",
		`{"auth":{}}`:            "400 IAM.0007",
		agencyBody(""):           "400 IAM.0072",
		agencyBody(byDomainName): "201 ",
		agencyBody(`,"domain_id":"` + DefaultAgencyDomainID + `"`):                        "201 ",
		agencyBody(`,"domain_id":"` + defaultDomainID + `"`):                              "404 IAM.0004",
		agencyBody(`,"domain_name":"nobody"`):                                             "404 IAM.0004",
		agencyBody(byDomainName + `,"duration_seconds":899`):                              "400 IAM.0007",
		agencyBody(byDomainName + `,"duration_seconds":86400`):                            "201 ",
		agencyBody(byDomainName + `,"duration_seconds":86401`):                            "400 IAM.0007",
		strings.Replace(agencyBody(byDomainName), "simulated-agency", "", 1):              "400 IAM.0072",
		strings.Replace(agencyBody(byDomainName), "simulated-agency", "another", 1):       "404 IAM.0004",
		strings.Replace(agencyBody(byDomainName), `["assume_role"]`, `["password"]`, 1):   "400 IAM.0007",
		strings.Replace(agencyBody(byDomainName), `"assume_role":`, `"assume_roles":`, 1): "400 IAM.0072",
	} {
		w := post(body, withToken(tokenValue))
		if got := fmt.Sprint(w.Code, " ", decode[gatewayBody](t, w.Body.Bytes()).Code); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	w := post(agencyBody(byDomainName), withToken("unknown"))
	if got := decode[gatewayBody](t, w.Body.Bytes()); w.Code != http.StatusUnauthorized || got.Code != "IAM.0001" {
		t.Errorf("got %d %+v", w.Code, got)
	}
	bad := s.scenario.AccessKeys[0]
	bad.Secret = "wrong"
	wantRefusal(t, post(agencyBody(byDomainName), signed(bad, time.Now())), http.StatusUnauthorized, "APIGW.0301", "verify aksk")
	wantKeystone(t, call(t, s, http.MethodGet, agencyPath, ""), http.StatusMethodNotAllowed, "")
}

func TestAgencyV5(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		permanent, temporary := s.scenario.AccessKeys[0], s.scenario.AccessKeys[1]
		post := func(body string, key AccessKey) *httptest.ResponseRecorder {
			return call(t, s, http.MethodPost, agencyV5Path, body, signed(key, time.Now()))
		}
		w := post(agencyV5RequestBody(defaultURN, "session", ""), permanent)
		wantStatus(t, w, http.StatusOK)
		body := decode[agencyV5Body](t, w.Body.Bytes())
		if body.Credentials.Expiration != "2000-01-01T01:00:00.000Z" || !strings.HasSuffix(body.AssumedAgency.ID, ":session") ||
			body.AssumedAgency.URN != "sts::"+DefaultAgencyDomainID+"::assumed-agency:"+DefaultAgencyName+"/session" {
			t.Errorf("got %+v", body)
		}
		key := AccessKey{
			Access: body.Credentials.AccessKeyID, Secret: body.Credentials.SecretAccessKey, SecurityToken: body.Credentials.SecurityToken,
		}
		if got := visibleProjects(t, s, key); got != DefaultAgencyDomainID+"/"+DefaultAgencyProjectID {
			t.Errorf("the agency sees %s", got)
		}
		for _, test := range []struct {
			urn, session, duration string
			key                    AccessKey
			want                   string
		}{
			{defaultURN, "s1", "43200", permanent, "200 "},
			{defaultURN, "s1", "43201", permanent, "400 STS5.1000"},
			{defaultURN, "s1", "899", permanent, "400 STS5.1000"},
			{defaultURN, "s1", "3600", temporary, "200 "},
			{defaultURN, "s1", "3601", temporary, "400 STS5.1000"},
			{defaultURN, "s1", "900", key, "200 "},
			{defaultURN, "s", "", permanent, "400 STS5.1000"},
			{DefaultAgencyName, "s1", "", permanent, "400 STS5.1000"},
			{defaultURN + "s", "s1", "", permanent, "404 STS5.1106"},
			{"iam::" + defaultDomainID + ":agency:" + DefaultAgencyName, "s1", "", permanent, "404 STS5.1106"},
			{"iam::" + defaultDomainID + ":agency:" + DefaultECSAgencyName, "s1", "", permanent, "200 "},
		} {
			w := post(agencyV5RequestBody(test.urn, test.session, test.duration), test.key)
			if got := fmt.Sprint(w.Code, " ", decode[gatewayBody](t, w.Body.Bytes()).Code); got != test.want {
				t.Errorf("%+v: got %s", test, got)
			}
		}
		wantStatus(t, post("{", permanent), http.StatusBadRequest)
		w = call(t, s, http.MethodPost, agencyV5Path, agencyV5RequestBody(defaultURN, "s1", ""), withToken(tokenValue))
		wantRefusal(t, w, http.StatusUnauthorized, "APIGW.0301", "Authorization not found")
		wantStatus(t, call(t, s, http.MethodGet, agencyV5Path, ""), http.StatusMethodNotAllowed)
		if s.Count(OperationAgencyV5) != 15 {
			t.Errorf("got %d", s.Count(OperationAgencyV5))
		}
	})
}

func TestAgenciesOfOneAccount(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Scenario{
		AccessKeys: []AccessKey{{Access: "a", Secret: "b"}},
		Agencies: []Agency{
			{Name: "first", DomainID: "other", Projects: []Project{{ID: "p1", Name: "cn-north-4"}}},
			{Name: "second", DomainID: "other"},
			{Name: "first", DomainID: "third"},
		},
	})
	for urn, want := range map[string]string{
		"iam::other:agency:second":                  "other/p1",
		"iam::third:agency:first":                   "",
		"iam::" + defaultDomainID + ":agency:first": "refused",
	} {
		got := "refused"
		w := call(t, s, http.MethodPost, agencyV5Path, agencyV5RequestBody(urn, "s1", ""), signed(s.scenario.AccessKeys[0], time.Now()))
		if w.Code == http.StatusOK {
			body := decode[agencyV5Body](t, w.Body.Bytes()).Credentials
			got = visibleProjects(t, s, AccessKey{Access: body.AccessKeyID, Secret: body.SecretAccessKey, SecurityToken: body.SecurityToken})
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", urn, got, want)
		}
	}
}
