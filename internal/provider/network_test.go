package provider

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// serveTLS serves a simulator under a certificate that no authority has signed.
func (s *service) serveTLS(t *testing.T) (url, certificate string) {
	t.Helper()
	server := httptest.NewUnstartedServer(s.Simulator)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // It reports each refusal.
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestAServiceThatIsNotThereIsAnErrorWithinEightSeconds(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	secure, _ := s.serveTLS(t)
	// Port 1 is closed. A label of more than 63 characters is no name, so that nobody
	// is asked for it and the test needs no network.
	const closed = "http://127.0.0.1:1"
	unknown := "https://" + strings.Repeat("x", 64) + ".invalid"
	cases := map[string]struct {
		arguments map[string]string
		texts     []string
	}{
		"closed":      {map[string]string{"endpoint": closed}, []string{"127.0.0.1:1", "connection refused", "endpoint (or HW_WORKSPACE_ENDPOINT)"}},
		"unknown":     {map[string]string{"endpoint": unknown}, []string{unknown[8:], "unknown host", "endpoint (or HW_WORKSPACE_ENDPOINT)"}},
		"certificate": {map[string]string{"endpoint": secure}, []string{secure[8:], "no trusted TLS connection", "certificate", "cacert_file"}},
		"plain_http":  {map[string]string{"endpoint": "https" + s.URL[4:]}, []string{s.URL[7:], "no trusted TLS connection"}},
		"closed_iam": {
			map[string]string{"endpoint": s.URL, "auth_url": closed, "token": "", "access_key": canaryAccess, "secret_key": canarySecret, "project_id": ""},
			[]string{"127.0.0.1:1", "connection refused", "auth_url (or HW_AUTH_URL)"},
		},
		"certificate_of_iam": {
			map[string]string{"endpoint": s.URL, "auth_url": secure, "token": "", "password": canaryPassword, "user_id": userID, "project_id": ""},
			[]string{secure[8:], "no trusted TLS connection", "auth_url (or HW_AUTH_URL)"},
		},
	}
	var config strings.Builder
	for name, c := range cases {
		arguments := map[string]string{"token": canaryToken, "project_id": simulator.DefaultProjectID, "region": simulator.DefaultRegion}
		for argument, value := range c.arguments {
			arguments[argument] = value
		}
		config.WriteString(block(name, arguments))
		for _, wait := range []string{"", `wait_timeout = "30m"`} {
			fmt.Fprintf(&config, "data \"workspace_job\" \"%s%d\" {\n  provider = workspace.%s\n  job_id = \"over\"\n  %s\n}\n", name, len(wait), name, wait)
		}
	}
	// One plan reads all of them at once. Each says how long it has tried; the plan as
	// a whole has more to do, with these tests beside it.
	o := newWorkdir(t, nil, config.String()).run("plan", "-json", "-input=false", "-parallelism=20").fails()
	if o.took > 15*time.Second {
		t.Errorf("it took %s", o.took)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, wait := range []string{"", `wait_timeout = "30m"`} {
				d := o.problem(fmt.Sprintf("data.workspace_job.%s%d", name, len(wait)))
				if d.Summary != "Service not reached" {
					t.Errorf("got %v", d)
				}
				wantTexts(t, d, c.texts...)
				tried := regexp.MustCompile(`Gave up after (\S+) and `).FindStringSubmatch(d.Detail)
				if tried == nil {
					t.Fatalf("it does not say how long it has tried: %s", d.Detail)
				}
				if took, err := time.ParseDuration(tried[1]); err != nil || took > 8*time.Second {
					t.Errorf("it took %s: %s", tried[1], d.Detail)
				}
			}
		})
	}
	s.wantCount(t, 0)
}

func TestACertificateIsTrustedWhenItIsGivenOrNoneIsAskedFor(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{ended("over", simulator.StatusSuccess)})
	url, certificate := s.serveTLS(t)
	arguments := map[string]string{"endpoint": url, "token": canaryToken, "project_id": simulator.DefaultProjectID}
	config := func(name, argument, value string) string {
		more := map[string]string{argument: value}
		for name, value := range arguments {
			more[name] = value
		}
		return block(name, more) + reads(name, "over", 1)
	}
	w := newWorkdir(t, nil, config("file", "cacert_file", "ca.pem")+config("text", "cacert_file", certificate)+config("insecure", "insecure", "true"))
	w.write("ca.pem", certificate)
	w.run("plan", "-json", "-input=false").succeeds()
	s.wantCount(t, 3)
}
