package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAddressesThatAreNotThere(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	for _, path := range []string{"/", "/v1", jobPath, jobPath + "1/", "/v1//job/1", "/v3/" + DefaultProjectID + "/job/1", "/v3/auth/tokens/"} {
		wantRefusal(t, call(t, s, http.MethodGet, path, ""), http.StatusNotFound, "APIGW.0101", "API does not exist")
	}
	w := call(t, s, http.MethodGet, jobPath+"nope", "", withToken(tokenValue))
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"error_code":"WKS.00211902"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	w = call(t, s, http.MethodPost, jobPath+"1", "")
	if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Body.String(), "WKS.00000405") || w.Header().Get("Allow") != http.MethodGet {
		t.Errorf("got %d %s %v", w.Code, w.Body, w.Header())
	}
	w = call(t, s, http.MethodPost, tokensPath, strings.Repeat(" ", maxRequestBody+1))
	wantRefusal(t, w, http.StatusRequestEntityTooLarge, "APIGW.0201", "")
}

func TestEscapedJobID(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	if err := s.AddJob(Job{ID: "a/b c", Phases: []Phase{{Status: 1}}}); err != nil {
		t.Fatal(err)
	}
	w := call(t, s, http.MethodGet, jobPath+"a%2Fb%20c", "", signed(s.scenario.AccessKeys[0], time.Now()))
	wantStatus(t, w, http.StatusOK)
	if got := decode[map[string]jobV1](t, w.Body.Bytes())["job"].JobID; got != "a/b c" {
		t.Errorf("got %q", got)
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := DefaultScenario()
		scenario.Throttle = &Throttle{Limit: 2, Window: Duration(time.Minute)}
		s := mustNew(t, scenario)
		read := func(token string) *httptest.ResponseRecorder {
			return call(t, s, http.MethodGet, jobPath+DefaultJobSucceeded, "", withToken(token))
		}
		for range 3 {
			wantStatus(t, read(tokenValue), http.StatusOK)
			wantStatus(t, read("unknown"), http.StatusUnauthorized)
			wantStatus(t, read(tokenValue), http.StatusOK)
			time.Sleep(time.Minute - time.Nanosecond)
			for range 3 {
				wantRefusal(t, read(tokenValue), http.StatusTooManyRequests, "APIGW.0308",
					"The throttling threshold has been reached: policy user over ratelimit,limit:2,time:1 minute")
			}
			passwordToken(t, s)
			time.Sleep(time.Nanosecond)
		}
		if fault := s.Requests()[3].Fault; fault != "throttle" {
			t.Errorf("the fault is %q", fault)
		}
	})
}

func TestWindowText(t *testing.T) {
	t.Parallel()
	for window, want := range map[time.Duration]string{
		time.Minute: "1 minute", 5 * time.Minute: "5 minute", 90 * time.Second: "90 second",
		time.Hour: "1 hour", 24 * time.Hour: "1 day", 1500 * time.Millisecond: "1500 millisecond",
	} {
		if got := windowText(window); got != want {
			t.Errorf("%s: got %s", window, got)
		}
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	s.AddFault(Fault{Status: http.StatusBadGateway, On: OperationUnknown})
	w := call(t, s, http.MethodPost, "/simulator/jobs", `{"id":"new","phases":[{"status":2}]}`)
	wantStatus(t, w, http.StatusCreated)
	if got := readJob(t, s, "new").JobStatus; got != 2 {
		t.Errorf("got %d", got)
	}
	for _, body := range []string{"", `{"id":"new","phases":[{"status":2}]}`, `{"id":"x","phases":[{}]}`, `{"id":"x","phase":[]}`} {
		wantStatus(t, call(t, s, http.MethodPost, "/simulator/jobs", body), http.StatusBadRequest)
	}
	w = call(t, s, http.MethodGet, "/simulator/requests", "")
	wantStatus(t, w, http.StatusOK)
	requests := decode[map[string][]Request](t, w.Body.Bytes())["requests"]
	if len(requests) != 1 || requests[0].JobID != "new" || requests[0].Status != http.StatusOK {
		t.Errorf("got %+v", requests)
	}
	wantStatus(t, call(t, s, http.MethodGet, "/simulator/jobs", ""), http.StatusMethodNotAllowed)
	wantStatus(t, call(t, s, http.MethodGet, "/simulator/", ""), http.StatusNotFound)
}
