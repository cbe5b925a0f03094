package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// The golden signatures were made by the SDK's signer and by an implementation
// of the API page "Adding the Signature to the Request Header" of its own, for
// the key "AK" and "SK" at goldenDate.
const (
	goldenDate = "20260101T000000Z"
	goldenHost = "appstream.cn-north-4.myhuaweicloud.com"
	goldenPath = "/v1/29dfe82ada564ac2b927e1ff036d9a9b/job/575768277444198400"
)

var golden = []struct {
	headers   string
	signature string
}{
	{"x-sdk-date", "834d481b05d5c1a761effe563eb34dc581d81964356d44fc9d73c193810b93e3"},
	{"host;x-sdk-date", "a744aa2fd0caaf2df2586c7a3be8ac11300f609e0def43f11bc26a4213950443"},
	{"x-project-id;x-sdk-date", "40910296db63e81e52ea6efcd87b1bf6f1dfd2343d1a76b15dc0de4ba3382586"},
	{"x-project-id;x-sdk-date;x-security-token", "2979d1cbebfb809d448ddebc28f866c88f9f343c9c8edb2a9116afe27099f685"},
}

func authorization(headers, signature string) string {
	return "SDK-HMAC-SHA256 Access=AK, SignedHeaders=" + headers + ", Signature=" + signature
}

func TestSDKSignerGivesTheGoldenSignatures(t *testing.T) {
	t.Parallel()
	for _, tc := range golden {
		t.Run(tc.headers, func(t *testing.T) {
			t.Parallel()
			b := request.NewHttpRequestBuilder().
				WithEndpoint("https://" + goldenHost).WithMethod(http.MethodGet).WithPath(goldenPath)
			for name, value := range map[string]string{
				"host": goldenHost, "x-sdk-date": goldenDate, "x-project-id": project, "x-security-token": "ST",
			} {
				if strings.Contains(tc.headers, name) {
					b.AddHeaderParam(http.CanonicalHeaderKey(name), value)
				}
			}
			got, err := signer.Sign(b.Build(), "AK", "SK")
			if err != nil {
				t.Fatal(err)
			}
			if want := authorization(tc.headers, tc.signature); got["Authorization"] != want || got["X-Sdk-Date"] != goldenDate {
				t.Errorf("got  %v\nwant %s", got, want)
			}
		})
	}
}

// signerOf takes the signer that a session hands out.
func signerOf(t *testing.T, c auth.Credential, projectID string) transport.Signer {
	t.Helper()
	var signer transport.Signer
	client := transport.New(transport.Options{})
	_, err := auth.NewSession(client, &transport.Secrets{}, auth.Config{Credential: c}).
		Do(t.Context(), projectID, func(s transport.Signer) (*transport.Response, error) {
			signer = s
			return &transport.Response{}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// sign signs a request and returns it.
func sign(t *testing.T, s transport.Signer, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Terraform/1.2.3")
	r.Header.Set("Accept", "application/json")
	if err := s.Sign(r, []byte(body)); err != nil {
		t.Fatal(err)
	}
	return r
}

func sleepUntil(t *testing.T, date string) {
	t.Helper()
	at, err := time.Parse("20060102T150405Z", date)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
}

func TestKeySignsWithTheGoldenSignatures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		key       auth.AccessKey
		projectID string
		golden    int
		headers   map[string]string
	}{
		"without a project": {auth.AccessKey{Access: "AK", Secret: "SK"}, "", 0, map[string]string{"X-Project-Id": "", "X-Security-Token": ""}},
		"of a project":      {auth.AccessKey{Access: "AK", Secret: "SK"}, project, 2, map[string]string{"X-Project-Id": project, "X-Security-Token": ""}},
		"temporary": {
			auth.AccessKey{Access: "AK", Secret: "SK", SecurityToken: "ST"}, project, 3,
			map[string]string{"X-Project-Id": project, "X-Security-Token": "ST"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(t, goldenDate)
				r := sign(t, signerOf(t, tc.key, tc.projectID), http.MethodGet, "https://"+goldenHost+goldenPath, "")
				want := authorization(golden[tc.golden].headers, golden[tc.golden].signature)
				if got := r.Header.Get("Authorization"); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if got := r.Header.Get("X-Sdk-Date"); got != goldenDate {
					t.Errorf("got the date %s", got)
				}
				for name, want := range tc.headers {
					if got := r.Header.Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
			})
		})
	}
}

func TestKeySignsBodyAndQuery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const body = `{"name":"ä"}`
		r := sign(t, signerOf(t, auth.AccessKey{Access: "AK", Secret: "SK"}, project), http.MethodPost,
			"https://"+goldenHost+"/v3/a%20b/c:d?z=1&name=b+c%2Fd&name=a&empty=", body)
		hash := sha256.Sum256([]byte(body))
		canonical := strings.Join([]string{
			"POST", "/v3/a%20b/c%3Ad/", "empty=&name=a&name=b%20c%2Fd&z=1",
			"x-project-id:" + project, "x-sdk-date:20000101T000000Z", "", "x-project-id;x-sdk-date", hex.EncodeToString(hash[:]),
		}, "\n")
		sum := sha256.Sum256([]byte(canonical))
		mac := hmac.New(sha256.New, []byte("SK"))
		mac.Write(fmt.Appendf(nil, "SDK-HMAC-SHA256\n20000101T000000Z\n%x", sum))
		want := authorization("x-project-id;x-sdk-date", hex.EncodeToString(mac.Sum(nil)))
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestKeySignsEachAttemptAfresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := signerOf(t, goodKey, project)
		const target = "https://" + goldenHost + goldenPath
		r := sign(t, s, http.MethodGet, target, "")
		first := r.Header.Clone()
		time.Sleep(time.Second)
		// Also a request that bears an older signature is signed anew.
		if err := s.Sign(r, nil); err != nil {
			t.Fatal(err)
		}
		for name, dates := range map[string][2]string{
			"X-Sdk-Date": {"20000101T000000Z", "20000101T000001Z"},
		} {
			if first.Get(name) != dates[0] || r.Header.Get(name) != dates[1] {
				t.Errorf("got the dates %s and %s", first.Get(name), r.Header.Get(name))
			}
		}
		if got := r.Header.Get("Authorization"); got == first.Get("Authorization") || got != sign(t, s, http.MethodGet, target, "").Header.Get("Authorization") {
			t.Errorf("got %s after %s", got, first.Get("Authorization"))
		}
	})
}

func TestKeyThatIsIncompleteSignsNothing(t *testing.T) {
	t.Parallel()
	for _, key := range []auth.AccessKey{{Access: "AK"}, {Secret: "SK"}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+goldenHost, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := signerOf(t, key, project).Sign(r, nil); err == nil || r.Header.Get("Authorization") != "" {
			t.Errorf("%+v: got %v", r.Header, err)
		}
	}
}

func TestServiceAcceptsTheSignatureOfAnyPath(t *testing.T) {
	t.Parallel()
	for _, id := range []string{jobID, "a:b@c", "a+b", "a;b,c=d&e", "~a.b_c-d", "(a)!*'$", "任务", `"a"`, "{job_id}"} {
		for name, key := range map[string]auth.AccessKey{"permanent key": goodKey, "temporary key": temporaryKey} {
			t.Run(name+" for "+id, func(t *testing.T) {
				t.Parallel()
				s := scenario()
				s.Jobs = append(s.Jobs[1:], simulator.Job{ID: id, ProjectID: project, Phases: s.Jobs[0].Phases})
				w := newWorld(t, s, key, withProject(project))
				_, err := w.session.Do(t.Context(), project, func(signer transport.Signer) (*transport.Response, error) {
					u := &url.URL{Scheme: "https", Host: "service.invalid", Path: "/v1/" + project + "/job/" + id}
					return w.client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: u}, signer)
				})
				wantNone(t, err)
			})
		}
	}
}

func TestServiceAcceptsTheSignatureOfAnyProjectName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cn-north-4", "cn-north-4_my project", "a+b&c=d", "名/称", "100%"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario()
			s.Projects[0].Name = name
			w := newWorld(t, s, goodKey, func(c *auth.Config) { c.ProjectName = name })
			if got, err := w.session.ProjectID(t.Context()); got != project || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
