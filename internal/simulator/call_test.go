package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	jobPath    = "/v1/" + DefaultProjectID + "/job/"
	tokenValue = "simulated-token-of-the-scenario"
)

func mustNew(t *testing.T, scenario Scenario) *Simulator {
	t.Helper()
	s, err := New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustStart(t *testing.T, scenario Scenario) *Server {
	t.Helper()
	s, err := Start(scenario)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// call sends a request to the handler itself.
func call(t *testing.T, h http.Handler, method, target, body string, prepare ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for _, f := range prepare {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func withToken(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-Auth-Token", token) }
}

// signed signs as the documentation says, at a time of choice.
func signed(key AccessKey, now time.Time) func(*http.Request) {
	return func(r *http.Request) {
		if key.SecurityToken != "" {
			r.Header.Set("X-Security-Token", key.SecurityToken)
		}
		r.Header.Set(dateHeader, now.UTC().Format(dateLayout))
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
		}
		names := []string{"host"}
		for name := range r.Header {
			names = append(names, strings.ToLower(name))
		}
		slices.Sort(names)
		canonical, _ := canonicalRequest(r, body, names)
		hash := sha256.Sum256([]byte(canonical))
		mac := hmac.New(sha256.New, []byte(key.Secret))
		mac.Write([]byte(signatureAlgorithm + "\n" + r.Header.Get(dateHeader) + "\n" + hex.EncodeToString(hash[:])))
		r.Header.Set("Authorization", signatureAlgorithm+" Access="+key.Access+
			", SignedHeaders="+strings.Join(names, ";")+", Signature="+hex.EncodeToString(mac.Sum(nil)))
	}
}

type gatewayBody struct {
	Code      string `json:"error_code"`
	Message   string `json:"error_msg"`
	RequestID string `json:"request_id"`
}

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	return value
}

// wantRefusal checks an error of the gateway.
func wantRefusal(t *testing.T, w *httptest.ResponseRecorder, status int, code, text string) {
	t.Helper()
	body := decode[gatewayBody](t, w.Body.Bytes())
	if w.Code != status || body.Code != code || !strings.Contains(body.Message, text) {
		t.Errorf("got %d %+v, want %d %s with %q", w.Code, body, status, code, text)
	}
	if body.RequestID == "" || body.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request_id %q is not X-Request-Id %q", body.RequestID, w.Header().Get("X-Request-Id"))
	}
}

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("got %d %s, want %d", w.Code, w.Body, status)
	}
}

func readJob(t *testing.T, h http.Handler, id string) jobV1 {
	t.Helper()
	w := call(t, h, http.MethodGet, jobPath+id, "", withToken(tokenValue))
	wantStatus(t, w, http.StatusOK)
	return decode[map[string]jobV1](t, w.Body.Bytes())["job"]
}
