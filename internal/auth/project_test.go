package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

func TestProjectIsTheOneOfExactlyTheName(t *testing.T) {
	t.Parallel()
	s := scenario()
	s.LooseProjectFilter = true // IAM answers with the region's sub-projects, too.
	for name, want := range map[string]string{region: project, region + "_other": otherProject} {
		w := newWorld(t, s, goodKey, func(c *auth.Config) { c.ProjectName = name })
		for range 2 {
			if got, err := w.session.ProjectID(t.Context()); got != want || err != nil {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
		}
		w.wantCounts(t, "asked twice", 0, 1, 0)
		r := w.seen[0]
		if r.URL.String() != "https://iam.invalid/v3/projects?name="+name || r.Header.Get("X-Project-Id") != "" {
			t.Errorf("got %s with %v", r.URL, r.Header)
		}
	}
}

func TestProjectThatIsConfiguredIsNotLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), goodKey, withProject(otherProject))
	if got, err := w.session.ProjectID(t.Context()); got != otherProject || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	w.wantCounts(t, "configured", 0, 0, 0)
}

func TestProjectIsLookedUpOnceForManyReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{On: simulator.OperationProjects, Delay: seconds(1)}}
		w := newWorld(t, s, goodKey)
		begin := time.Now()
		wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
		w.wantCounts(t, "20 readers", 0, 1, 20)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestProjectBelowAPathOfIAM(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), goodKey, func(c *auth.Config) { c.IAM = &url.URL{Scheme: "https", Host: "iam.invalid", Path: "/gateway"} })
	_, _ = w.session.ProjectID(t.Context())
	if got := w.seen[0].URL.String(); got != "https://iam.invalid/gateway/v3/projects?name="+region {
		t.Errorf("got %s", got)
	}
}

func TestProjectLookupThatFails(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) simulator.Fault { return simulator.Fault{Status: status, Body: body} }
	for name, tc := range map[string]struct {
		fault      simulator.Fault
		want       string
		remembered bool
	}{
		"none of that name": {
			answer(200, `{"projects":[{"id":"1","name":"cn-north-4_a"},{"id":"2","name":"CN-NORTH-4"}],"links":{}}`),
			`project_name: IAM knows 0 projects named "cn-north-4" that this credential may see`, true,
		},
		"none at all": {
			answer(200, `{"projects":[]}`), `project_name: IAM knows 0 projects named "cn-north-4" that this credential may see`, true,
		},
		"two of that name": {
			answer(200, `{"projects":[{"id":"1","name":"cn-north-4"},{"id":"2","name":"cn-north-4"}]}`),
			`project_name: IAM knows 2 projects named "cn-north-4" that this credential may see`, true,
		},
		"no right to list them": {
			answer(403, `{"error_code":"IAM.0006","error_msg":"no right"}`),
			"looking up the project in IAM: iam.invalid answered 403 Forbidden, IAM.0006: no right (request id ID)", true,
		},
		"404 of the gateway": {
			answer(404, `{"error_code":"APIGW.0101","error_msg":"no API"}`),
			"looking up the project in IAM: iam.invalid answered 404 Not Found, APIGW.0101: no API (request id ID)", true,
		},
		"503":     {answer(503, `{}`), "looking up the project in IAM: iam.invalid answered 503 Service Unavailable: no message (request id ID)", false},
		"429":     {answer(429, `{}`), "looking up the project in IAM: iam.invalid answered 429 Too Many Requests: no message (request id ID)", false},
		"408":     {answer(408, `{}`), "looking up the project in IAM: iam.invalid answered 408 Request Timeout: no message (request id ID)", false},
		"HTML":    {answer(200, `<html>`), "looking up the project in IAM: the answer holds no list of projects", false},
		"no list": {answer(200, `{}`), "looking up the project in IAM: the answer holds no list of projects", false},
		"null":    {answer(200, `{"projects":null}`), "looking up the project in IAM: the answer holds no list of projects", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario()
			tc.fault.On, tc.fault.Times = simulator.OperationProjects, 1
			tc.fault.Headers = map[string]string{"X-Request-Id": "ID"}
			s.Faults = []simulator.Fault{tc.fault}
			w := newWorld(t, s, goodKey)
			id, first := w.session.ProjectID(t.Context())
			if id != "" || first == nil || first.Error() != tc.want {
				t.Errorf("got  %q, %v\nwant %s", id, first, tc.want)
			}
			id, second := w.session.ProjectID(t.Context())
			if tc.remembered {
				if id != "" || second != first { //nolint:errorlint // It is the same error.
					t.Errorf("the second time: got %q, %v", id, second)
				}
				w.wantCounts(t, "remembered", 0, 1, 0)
				return
			}
			if id != project || second != nil {
				t.Errorf("the second time: got %q, %v", id, second)
			}
			w.wantCounts(t, "not remembered", 0, 2, 0)
		})
	}
}

func TestProjectThatCannotBeLookedUpNamesTheArgumentWithoutARequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*auth.Config)
		want   string
	}{
		"neither region nor name": {
			func(c *auth.Config) { c.ProjectName = "" },
			"project_id: no project is known, and without a region there is no name to look one up by",
		},
		"IAM not known": {
			func(c *auth.Config) { c.IAM = nil },
			"auth_url: IAM is needed, and without a region its URL is not known",
		},
	} {
		for kind, credential := range map[string]auth.Credential{
			"token": auth.Token{Value: goodToken}, "access key": goodKey, "password": goodUser,
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, scenario(), credential, tc.change)
				for range 2 {
					err := w.read(t.Context())
					var setup *auth.SetupError
					if !errors.As(err, &setup) || setup.Error() != tc.want {
						t.Errorf("got %v", err)
					}
				}
				w.wantCounts(t, "no request", 0, 0, 0)
			})
		}
	}
}

func TestReaderThatWaitsForTheProjectEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{Delay: seconds(10), Times: 1}}
		w := newWorld(t, s, goodKey)
		go func() { _ = w.read(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if err := w.read(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("got %v after %s", err, time.Since(begin))
		}
		w.wantCounts(t, "the second reader", 0, 1, 0)
		time.Sleep(time.Minute)
		w.wantCounts(t, "the first reader", 0, 1, 1)
	})
}

// The end of a caller says nothing of the project.
func TestLookupThatItsCallerEndsIsDoneAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{Delay: seconds(10), Times: 1}}
		w := newWorld(t, s, goodKey)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		wantNone(t, w.read(t.Context()))
		w.wantCounts(t, "asked anew", 0, 2, 1)
	})
}

func TestRefusedKeyTellsTheSkewOfTheClock(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"behind": 20 * time.Minute, "ahead": -20 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := scenario()
				s.ClockSkew = simulator.Duration(skew)
				w := newWorld(t, s, goodKey, withProject(project))
				err := w.read(t.Context())
				wantRefused(t, auth.KindAccessKey, "APIGW.0301", err)
				var refused *auth.RefusedError
				if errors.As(err, &refused); refused.Skew != skew || refused.ProjectID != project {
					t.Errorf("got %+v", refused)
				}
			})
		})
	}
	t.Run("server that does not tell its time", func(t *testing.T) {
		t.Parallel()
		s := scenario()
		s.Faults = []simulator.Fault{{Status: http.StatusUnauthorized, Body: "{}", Headers: map[string]string{"Date": ""}}}
		err := newWorld(t, s, goodKey, withProject(project)).read(t.Context())
		var refused *auth.RefusedError
		if !errors.As(err, &refused) || refused.Skew != 0 {
			t.Errorf("got %+v", refused)
		}
	})
}

func TestErrorsSayWhatWasRefused(t *testing.T) {
	t.Parallel()
	s := scenario()
	s.Faults = []simulator.Fault{{Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}`}}
	w := newWorld(t, s, goodKey, withProject(project))
	err := w.read(t.Context())
	const want = "the access key was refused: service.invalid answered 401 Unauthorized, APIGW.0301: verify aksk signature fail " +
		"(request id 00000000000000000000000000000001)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	var status *transport.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusUnauthorized {
		t.Errorf("got %+v", status)
	}
}
