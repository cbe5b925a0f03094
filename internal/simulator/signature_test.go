package simulator

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// The signatures were made by the SDK's signer, v0.1.207.
var goldenSignatures = []struct {
	headers   string
	signature string
}{
	{"x-sdk-date", "834d481b05d5c1a761effe563eb34dc581d81964356d44fc9d73c193810b93e3"},
	{"host;x-sdk-date", "a744aa2fd0caaf2df2586c7a3be8ac11300f609e0def43f11bc26a4213950443"},
	{"x-project-id;x-sdk-date", "40910296db63e81e52ea6efcd87b1bf6f1dfd2343d1a76b15dc0de4ba3382586"},
	{"x-project-id;x-sdk-date;x-security-token", "2979d1cbebfb809d448ddebc28f866c88f9f343c9c8edb2a9116afe27099f685"},
}

func goldenRequest(t *testing.T) *http.Request {
	t.Helper()
	const project = "29dfe82ada564ac2b927e1ff036d9a9b"
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet,
		"https://appstream.cn-north-4.myhuaweicloud.com/v1/"+project+"/job/575768277444198400", nil)
	r.Header.Set("X-Sdk-Date", "20260101T000000Z")
	r.Header.Set("X-Project-Id", project)
	r.Header.Set("X-Security-Token", "ST")
	return r
}

func TestGoldenSignatures(t *testing.T) {
	t.Parallel()
	for _, golden := range goldenSignatures {
		t.Run(golden.headers, func(t *testing.T) {
			t.Parallel()
			auth, err := parseAuthorization("SDK-HMAC-SHA256 Access=AK, SignedHeaders=" + golden.headers + ", Signature=" + golden.signature)
			if err != nil {
				t.Fatal(err)
			}
			if !auth.signs(goldenRequest(t), nil, "SK") {
				t.Error("the signature is refused")
			}
			if auth.signs(goldenRequest(t), nil, "SK2") {
				t.Error("the signature is accepted with another secret key")
			}
			if auth.signs(goldenRequest(t), []byte("{}"), "SK") {
				t.Error("the signature is accepted with another body")
			}
			for name, change := range map[string]func(*http.Request){
				"date":    func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20260101T000001Z") },
				"path":    func(r *http.Request) { r.URL.Path += "0" },
				"query":   func(r *http.Request) { r.URL.RawQuery = "a=b" },
				"method":  func(r *http.Request) { r.Method = http.MethodPost },
				"missing": func(r *http.Request) { r.Header = http.Header{} },
			} {
				r := goldenRequest(t)
				change(r)
				if auth.signs(r, nil, "SK") {
					t.Errorf("the signature is accepted with another %s", name)
				}
			}
		})
	}
}

func TestCanonicalParts(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/p/job/1":      "/v1/p/job/1/",
		"/v1/p/job/":       "/v1/p/job/",
		"/v1/a%20b/c~d":    "/v1/a%20b/c~d/",
		"/v1/a+b/%C3%A4":   "/v1/a%2Bb/%C3%A4/",
		"/v1/a%2Fb/(x)!*'": "/v1/a%2Fb/%28x%29%21%2A%27/",
	} {
		if got, ok := canonicalPath(path); !ok || got != want {
			t.Errorf("%s: got %s, %v, want %s", path, got, ok, want)
		}
	}
	got := canonicalQuery(map[string][]string{"name": {"b c", "a"}, "a&": {""}})
	if want := "a%26=&name=a&name=b%20c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseAuthorizationRefuses(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", "SDK-HMAC-SHA256", "Bearer x", "SDK-HMAC-SHA1 Access=AK, SignedHeaders=a, Signature=b",
		"SDK-HMAC-SHA256 Access=AK, SignedHeaders=a", "SDK-HMAC-SHA256 Access=, SignedHeaders=a, Signature=b",
		"SDK-HMAC-SHA256 SignedHeaders=a, Access=AK, Signature=b", "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;;b, Signature=b",
		"SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=b, More=c",
	} {
		if auth, err := parseAuthorization(value); err == nil {
			t.Errorf("%q is accepted as %+v", value, auth)
		}
	}
}

func TestDateAccepted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 15, 0, 0, time.UTC)
	for date, want := range map[string]bool{
		"20260101T000000Z": true, "20251231T235959Z": false,
		"20260101T003000Z": true, "20260101T003001Z": false,
		"": false, "2026-01-01T00:15:00Z": false,
	} {
		if got := dateAccepted(date, now); got != want {
			t.Errorf("%s: got %v", date, got)
		}
	}
}

func FuzzParseAuthorization(f *testing.F) {
	for _, golden := range goldenSignatures {
		f.Add("SDK-HMAC-SHA256 Access=AK, SignedHeaders=" + golden.headers + ", Signature=" + golden.signature)
	}
	f.Add("SDK-HMAC-SHA256 Access=AK,SignedHeaders=Host;a, Signature=x")
	f.Fuzz(func(t *testing.T, value string) {
		auth, err := parseAuthorization(value)
		if err != nil {
			return
		}
		if auth.access == "" || auth.signature == "" || len(auth.signedHeaders) == 0 || !slices.IsSorted(auth.signedHeaders) {
			t.Errorf("%q is accepted as %+v", value, auth)
		}
		if !strings.HasPrefix(value, signatureAlgorithm+" ") {
			t.Errorf("%q is accepted", value)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/p/job/1", nil)
		if auth.signs(r, nil, "SK") && len(auth.signature) != 64 {
			t.Errorf("%q is accepted as a signature", value)
		}
	})
}
