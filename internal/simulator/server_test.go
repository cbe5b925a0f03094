package simulator

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func get(t *testing.T, url string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func TestServerEndsHangingRequests(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context, *Server) error{
		"close":    func(_ context.Context, s *Server) error { return s.Close() },
		"shutdown": func(ctx context.Context, s *Server) error { return s.Shutdown(ctx) },
	} {
		for kind, fault := range map[string]Fault{"hang": {Hang: true}, "delay": {Delay: Duration(time.Hour)}} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				scenario := DefaultScenario()
				scenario.Faults = []Fault{fault}
				s, err := Start(scenario)
				if err != nil {
					t.Fatal(err)
				}
				over := make(chan Request, 1)
				s.OnRequest(func(r Request) { over <- r })
				failed := make(chan error, 1)
				go func() {
					_, _, err := get(t, s.URL+"/")
					failed <- err
				}()
				for s.Count("") == 0 {
					<-time.After(time.Millisecond)
				}
				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				defer cancel()
				if err := end(ctx, s); err != nil {
					t.Error(err)
				}
				if took := time.Since(begin); took > time.Second {
					t.Errorf("it took %s", took)
				}
				select {
				case r := <-over:
					if r.Status != 0 {
						t.Errorf("got %+v", r)
					}
				default:
					t.Error("the server has ended before its request")
				}
				if err := <-failed; err == nil {
					t.Error("the request that hung was answered")
				}
				if err := s.Close(); err != nil {
					t.Errorf("closing again: %v", err)
				}
			})
		}
	}
}

func TestStartAtRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1", ":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.com:80", "127.0.0.1:x", "127.0.0.1:65536"} {
		if s, err := StartAt(address, Scenario{}); err == nil {
			t.Errorf("%q is accepted", address)
			_ = s.Close()
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		s, err := StartAt(address, Scenario{})
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if _, again := StartAt(strings.TrimPrefix(s.URL, "http://"), Scenario{}); again == nil {
			t.Error("the same port is accepted again")
		}
		_ = s.Close()
	}
	if _, err := Start(Scenario{Throttle: &Throttle{}}); err == nil {
		t.Error("a scenario that is wrong is accepted")
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	s := mustStart(t, DefaultScenario())
	for kind, want := range map[Credential]map[string]string{
		CredentialToken:        {"HW_AUTH_TOKEN": tokenValue, "HW_PROJECT_ID": DefaultProjectID},
		CredentialAccessKey:    {"HW_ACCESS_KEY": "SIMULATEDACCESSKEY01", "HW_SECRET_KEY": "simulated-secret-key-0000000000000000001"},
		CredentialTemporaryKey: {"HW_ACCESS_KEY": "SIMULATEDACCESSKEY02", "HW_SECRET_KEY": "simulated-secret-key-0000000000000000002", "HW_SECURITY_TOKEN": "simulated-security-token-2"},
		CredentialPassword:     {"HW_USER_NAME": "simulated-user", "HW_USER_PASSWORD": "simulated-password-1", "HW_DOMAIN_NAME": "simulated-account"},
	} {
		want["HW_REGION_NAME"], want["HW_AUTH_URL"], want["HW_WORKSPACE_ENDPOINT"] = DefaultRegion, s.URL+"/v3", s.URL
		got, err := s.Env(kind)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", kind, name, got[name], value)
			}
		}
	}
	if _, err := s.Env("cookie"); err == nil {
		t.Error("an unknown kind is accepted")
	}

	empty := mustStart(t, Scenario{})
	for _, kind := range []Credential{CredentialToken, CredentialAccessKey, CredentialTemporaryKey, CredentialPassword} {
		if _, err := empty.Env(kind); err == nil {
			t.Errorf("%s: a scenario without it has given one", kind)
		}
	}
	other := mustStart(t, Scenario{
		Projects: []Project{{ID: "p", Name: "own"}},
		Users:    []User{{Name: "u", Password: "p"}},
	})
	env, err := other.Env(CredentialPassword)
	if err != nil || env["HW_PROJECT_NAME"] != "own" || env["HW_DOMAIN_ID"] == "" {
		t.Errorf("got %v, %v", env, err)
	}
}
