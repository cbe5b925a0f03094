package auth_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

var credentials = map[string]struct {
	credential auth.Credential
	kind       auth.Kind
	secrets    []string
}{
	"token":         {auth.Token{Value: goodToken}, "token", []string{goodToken}},
	"access key":    {goodKey, "access key", []string{accessKey, secretKey}},
	"temporary key": {temporaryKey, "access key", []string{tempAccess, tempSecret, tempSecurity}},
	"password":      {goodUser, "password", []string{password}},
}

func TestCredentialIsWrittenWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for name, tc := range credentials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.credential.Kind(); got != tc.kind {
				t.Errorf("got the kind %q", got)
			}
			config := auth.Config{Credential: tc.credential, IAM: &url.URL{Scheme: "https", Host: "iam.invalid"}, ProjectName: region}
			session := newWorld(t, scenario(), tc.credential).session
			for what, v := range map[string]any{
				"the credential": tc.credential, "a list of it": []auth.Credential{tc.credential},
				"the configuration": config, "a pointer to it": &config, "the session": session,
			} {
				verbs := []string{"%v", "%+v", "%#v", "%s", "%q"}
				if v == any(session) {
					verbs = verbs[:3] // The others are not for pointers, as go vet says.
				}
				for _, verb := range verbs {
					text := fmt.Sprintf(verb, v)
					for _, secret := range tc.secrets {
						if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%q", secret)) {
							t.Errorf("%s holds a secret of %s: %s", verb, what, text)
						}
					}
				}
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				if got := fmt.Sprintf(verb, tc.credential); got != string(tc.kind) {
					t.Errorf("%s gave %s", verb, got)
				}
			}
		})
	}
}

func TestSecretsOfTheCredentialAndOfIAMAreMasked(t *testing.T) {
	t.Parallel()
	for name, tc := range credentials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scenario(), tc.credential)
			for _, secret := range tc.secrets {
				if got := w.secrets.Mask("<" + secret + ">"); got != "<***>" {
					t.Errorf("before the first use: got %s", got)
				}
			}
			wantNone(t, w.read(t.Context()))
			for _, r := range w.seen {
				if token := r.Header.Get("X-Auth-Token"); token != "" && w.secrets.Mask(token) != "***" {
					t.Errorf("the token %s is not masked", token)
				}
			}
		})
	}
}

func TestErrorsAndLogHoldNoSecretThatIsEchoed(t *testing.T) {
	t.Parallel()
	for name, tc := range credentials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario()
			echo := strings.ReplaceAll(strings.Join(tc.secrets, " "), `"`, `\"`)
			for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable} {
				s.Faults = []simulator.Fault{{Status: status, Body: `{"error_code":"APIGW.0301","error_msg":"` + echo + `"}`, Headers: map[string]string{"X-Request-Id": tc.secrets[0]}}}
				w := newWorld(t, s, tc.credential)
				err := w.read(t.Context())
				text := fmt.Sprintf("%v %+v %#v", err, err, err) + w.log.text.String()
				if err == nil || !strings.Contains(text, "***") {
					t.Errorf("%d: got %s", status, text)
				}
				for _, secret := range tc.secrets {
					if strings.Contains(text, secret) {
						t.Errorf("%d: a secret is in %s", status, text)
					}
				}
			}
		})
	}
}

// The same over real connections, with nothing in between.
func TestEachCredentialReadsAJobOfARealServer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		identity         string
		tokens, projects int
	}{
		"token":         {"token 1", 0, 1},
		"access key":    {"access key 1", 0, 1},
		"temporary key": {"access key 2", 0, 1},
		"password":      {"issued token 1", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := simulator.Start(scenario())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			u, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			secrets := &transport.Secrets{}
			client := transport.New(transport.Options{UserAgent: "test/1", Secrets: secrets})
			t.Cleanup(client.CloseIdleConnections)
			session := auth.NewSession(client, secrets, auth.Config{Credential: credentials[name].credential, IAM: u, ProjectName: region})
			wantNone(t, times(20, func(int) error {
				id, err := session.ProjectID(t.Context())
				if err != nil {
					return err
				}
				_, err = session.Do(t.Context(), id, func(signer transport.Signer) (*transport.Response, error) {
					r := transport.Request{Method: http.MethodGet, URL: transport.At(u, "/v1/"+id+"/job/"+jobID)}
					return client.Do(t.Context(), r, signer)
				})
				return err
			})...)
			if got := [3]int{server.Count(simulator.OperationToken), server.Count(simulator.OperationProjects), server.Count(simulator.OperationJob)}; got != [3]int{tc.tokens, tc.projects, 20} {
				t.Errorf("got requests of tokens, projects and jobs %v", got)
			}
			for _, r := range server.Requests() {
				if r.Operation == simulator.OperationJob && (r.Identity != tc.identity || r.Status != http.StatusOK) {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
}
