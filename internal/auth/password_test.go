package auth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

func TestTokenRequestIsExactlyWhatIAMDocuments(t *testing.T) {
	t.Parallel()
	const secret = `"password":"pass\"word\u003c\u0026\u003e0123456789"`
	byName := func(c *auth.Config) { c.ProjectName = region + "_other" }
	for name, tc := range map[string]struct {
		user   auth.Password
		change func(*auth.Config)
		want   string
	}{
		"user and account by name, project by name": {
			auth.Password{UserName: "reader", DomainName: "account", Password: password}, byName,
			`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"reader",` + secret +
				`,"domain":{"name":"account"}}}},"scope":{"project":{"name":"cn-north-4_other"}}}}`,
		},
		"account by id, project by id": {
			auth.Password{UserName: "reader", DomainID: "account-id", Password: password}, withProject(otherProject),
			`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"reader",` + secret +
				`,"domain":{"id":"account-id"}}}},"scope":{"project":{"id":"` + otherProject + `"}}}}`,
		},
		"account by both": {
			auth.Password{UserName: "reader", DomainID: "account-id", DomainName: "account", Password: password}, withProject(otherProject),
			`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"reader",` + secret +
				`,"domain":{"id":"account-id","name":"account"}}}},"scope":{"project":{"id":"` + otherProject + `"}}}}`,
		},
		"user by id": {
			auth.Password{UserID: "reader-id", Password: password}, byName,
			`{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"reader-id",` + secret +
				`}}},"scope":{"project":{"name":"cn-north-4_other"}}}}`,
		},
		"user by id before the name": {
			auth.Password{UserID: "reader-id", UserName: "somebody", DomainName: "elsewhere", Password: password}, byName,
			`{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"reader-id",` + secret +
				`}}},"scope":{"project":{"name":"cn-north-4_other"}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scenario(), tc.user, tc.change)
			wantNone(t, w.read(t.Context()))
			w.wantCounts(t, "one read", 1, 0, 1)
			r := w.seen[0]
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != tc.want {
				t.Errorf("got  %s\nwant %s", body, tc.want)
			}
			if r.Method != http.MethodPost || r.URL.String() != "https://iam.invalid/v3/auth/tokens?nocatalog=true" {
				t.Errorf("got %s %s", r.Method, r.URL)
			}
			if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Auth-Token") != "" || r.Header.Get("Authorization") != "" {
				t.Errorf("got %v", r.Header)
			}
			if job := w.seen[1]; job.URL.Path != "/v1/"+otherProject+"/job/"+jobID || !strings.HasPrefix(job.Header.Get("X-Auth-Token"), "simulated-token-1-") {
				t.Errorf("got %s with %v", job.URL, job.Header)
			}
		})
	}
}

func TestOneTokenForEachProjectWhateverTheNumberOfReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), goodUser)
	wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
	w.wantCounts(t, "20 reads of the default project", 1, 0, 20)
	wantNone(t, times(20, func(int) error { return w.get(t.Context(), project) })...)
	w.wantCounts(t, "20 reads of the same by its id", 1, 0, 40)
	wantNone(t, times(20, func(int) error { return w.get(t.Context(), otherProject) })...)
	w.wantCounts(t, "20 reads of another", 2, 0, 60)
	for _, r := range w.Requests() {
		want := map[string]string{project: "issued token 1", otherProject: "issued token 2"}[r.ProjectID]
		if r.Operation == simulator.OperationJob && r.Identity != want {
			t.Errorf("got %+v", r)
		}
	}
}

func TestTokenIsRenewedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lifetime, renew time.Duration
		change          func(*simulator.Scenario)
	}{
		"five minutes before the end":      {24 * time.Hour, 24*time.Hour - 5*time.Minute, nil},
		"a tenth of a short life before":   {10 * time.Minute, 9 * time.Minute, nil},
		"server's clock ahead of ours":     {24 * time.Hour, 24*time.Hour - 5*time.Minute, func(s *simulator.Scenario) { s.ClockSkew = simulator.Duration(30 * time.Hour) }},
		"server's clock behind ours":       {24 * time.Hour, 24*time.Hour - 5*time.Minute, func(s *simulator.Scenario) { s.ClockSkew = simulator.Duration(-30 * time.Hour) }},
		"server that does not tell a time": {24 * time.Hour, 24*time.Hour - 5*time.Minute, headerOfToken("Date", "")},
		"life that is none": {
			24 * time.Hour, 55 * time.Minute, headerOfToken("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := scenario()
				s.TokenLifetime = simulator.Duration(tc.lifetime)
				if tc.change != nil {
					tc.change(&s)
				}
				w := newWorld(t, s, goodUser)
				wantNone(t, w.read(t.Context()))
				time.Sleep(tc.renew - time.Millisecond)
				wantNone(t, w.read(t.Context()))
				w.wantCounts(t, "before it is time", 1, 0, 2)
				time.Sleep(time.Millisecond)
				wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
				w.wantCounts(t, "when it is time", 2, 0, 22)
			})
		})
	}
}

func headerOfToken(name, value string) func(*simulator.Scenario) {
	return func(s *simulator.Scenario) {
		s.Faults = []simulator.Fault{{On: simulator.OperationToken, Headers: map[string]string{name: value}}}
	}
}

func TestRenewalThatFailsForNowKeepsTheTokenUntilItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{On: simulator.OperationToken, Skip: 1, Status: http.StatusServiceUnavailable}}
		w := newWorld(t, s, goodUser)
		wantNone(t, w.read(t.Context()))
		time.Sleep(24*time.Hour - 5*time.Minute)
		wantNone(t, w.read(t.Context()))
		w.wantCounts(t, "five minutes before the end", 2, 0, 2)
		time.Sleep(5*time.Minute - time.Millisecond)
		wantNone(t, w.read(t.Context()))
		w.wantCounts(t, "right before the end", 3, 0, 3)
		time.Sleep(time.Millisecond)
		err := w.read(t.Context())
		var iam *auth.IAMError
		if !errors.As(err, &iam) || !strings.HasPrefix(err.Error(), "getting a token from IAM: iam.invalid answered 503 Service Unavailable: ") {
			t.Errorf("at the end: got %v", err)
		}
		w.wantCounts(t, "at the end", 4, 0, 3)
		w.ClearFaults()
		wantNone(t, w.read(t.Context()))
		w.wantCounts(t, "when IAM is back", 5, 0, 4)
	})
}

func TestRenewalThatIsRefusedKeepsTheTokenUntilItsEndAndIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{On: simulator.OperationToken, Skip: 1, Status: http.StatusUnauthorized, Body: `{"error":{"code":401,"message":"m"}}`}}
		w := newWorld(t, s, goodUser)
		wantNone(t, w.read(t.Context()))
		time.Sleep(24*time.Hour - 5*time.Minute)
		wantNone(t, w.read(t.Context()), w.read(t.Context()))
		w.wantCounts(t, "before the end", 2, 0, 3)
		time.Sleep(5 * time.Minute)
		wantRefused(t, auth.KindPassword, "401", w.read(t.Context()), w.read(t.Context()))
		w.wantCounts(t, "after the end", 2, 0, 3)
	})
}

func TestCallerThatEndsDuringARenewalGetsItsOwnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{On: simulator.OperationToken, Skip: 1, Times: 1, Delay: seconds(10)}}
		w := newWorld(t, s, goodUser)
		wantNone(t, w.read(t.Context()))
		time.Sleep(24*time.Hour - 5*time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if err := w.read(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("got %v after %s", err, time.Since(begin))
		}
		wantNone(t, w.read(t.Context()))
		w.wantCounts(t, "the next reader", 3, 0, 2)
	})
}

func TestReaderThatWaitsForATokenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{On: simulator.OperationToken, Delay: seconds(10)}}
		w := newWorld(t, s, goodUser, withProject(project))
		go func() { _ = w.read(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		// One waits for the first reader's project, the other for the first token.
		projects := []string{project, otherProject}
		for i, err := range times(2, func(i int) error { return w.get(ctx, projects[i]) }) {
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
				t.Errorf("%s: got %v after %s", projects[i], err, time.Since(begin))
			}
		}
		w.wantCounts(t, "the waiting readers", 1, 0, 0)
		time.Sleep(time.Minute)
		w.wantCounts(t, "the first reader", 1, 0, 1)
	})
}

func TestTokenThatTheServiceWantsUpdatedIsRenewedOnceForManyReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{Delay: seconds(1)}}
		w := newWorld(t, s, goodUser)
		wantNone(t, w.read(t.Context()))
		w.wantCounts(t, "one read", 1, 0, 1)
		w.ExpireTokens()
		begin := time.Now()
		// All twenty are refused in the first second, one gets a token in the second,
		// and all ask again in the third.
		wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
		w.wantCounts(t, "20 reads with a token that has ended", 2, 0, 41)
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTokenThatIsRefusedAgainIsNotRenewedAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code string
		// tokens and jobs are the requests of 20 readers, after the good first one.
		tokens, jobs int
	}{
		"token that must be updated":         {"APIGW.0307", 1, 2},
		"another 401 of the gateway":         {"APIGW.0305", 1, 2},
		"401 of the service":                 {"WKS.00211302", 1, 2},
		"token that is wrong: renewed never": {"APIGW.0301", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scenario(), goodUser)
			w.AddFault(simulator.Fault{On: simulator.OperationJob, Status: http.StatusUnauthorized, Body: `{"error_code":"` + tc.code + `","error_msg":"m"}`})
			wantRefused(t, auth.KindPassword, tc.code, times(20, func(int) error { return w.read(t.Context()) })...)
			w.wantCounts(t, "20 reads", 1+tc.tokens, 0, tc.jobs)
			wantRefused(t, auth.KindPassword, tc.code, w.read(t.Context()))
			w.wantCounts(t, "one more", 1+tc.tokens, 0, tc.jobs)
		})
	}
}

func TestRenewalAfterARefusalThatFailsIsTheError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), goodUser)
	wantNone(t, w.read(t.Context()))
	w.ExpireTokens()
	w.AddFault(simulator.Fault{On: simulator.OperationToken, Times: 1, Status: http.StatusBadGateway})
	err := w.read(t.Context())
	var iam *auth.IAMError
	if !errors.As(err, &iam) || iam.Doing != "getting a token from IAM" {
		t.Errorf("got %v", err)
	}
	wantNone(t, w.read(t.Context()))
	w.wantCounts(t, "the read after", 3, 0, 3)
}

func TestWrongPasswordMakesOneRequest(t *testing.T) {
	t.Parallel()
	wrong := goodUser
	wrong.Password = "wrong-password"
	for name, change := range map[string]func(*auth.Config){
		"project known":     withProject(project),
		"project not known": func(*auth.Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := scenario()
				s.Faults = []simulator.Fault{{Delay: seconds(1)}}
				w := newWorld(t, s, wrong, change)
				begin := time.Now()
				wantRefused(t, auth.KindPassword, "401", times(20, func(i int) error {
					if i%2 == 1 {
						return w.get(t.Context(), otherProject)
					}
					return w.read(t.Context())
				})...)
				wantRefused(t, auth.KindPassword, "401",
					w.read(t.Context()), w.get(t.Context(), project), w.get(t.Context(), otherProject), w.get(t.Context(), "a-third"))
				w.wantCounts(t, "all readers of all projects", 1, 0, 0)
				if took := time.Since(begin); took != time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func TestUserOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]auth.Password{
		"name":    {UserName: "nobody", DomainName: "account", Password: password},
		"id":      {UserID: "nobodys-id", Password: password},
		"account": {UserName: "reader", DomainName: "elsewhere", Password: password},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scenario(), user)
			wantRefused(t, auth.KindPassword, "401", w.read(t.Context()))
			w.wantCounts(t, "one read", 1, 0, 0)
		})
	}
}

func TestTokenRequestsAreTriedOneByOneUntilIAMAccepts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := scenario()
		s.Faults = []simulator.Fault{{On: simulator.OperationToken, Delay: seconds(1)}}
		w := newWorld(t, s, goodUser)
		begin := time.Now()
		projects := []string{project, otherProject}
		wantNone(t, times(20, func(i int) error { return w.get(t.Context(), projects[i%2]) })...)
		w.wantCounts(t, "two projects", 2, 0, 20)
		// The second token is asked for when the first has been issued.
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTokenRequestThatFails(t *testing.T) {
	t.Parallel()
	const noToken = "getting a token from IAM: the answer holds no token of a project"
	withToken := map[string]string{"X-Subject-Token": "issued-0123456789", "X-Request-Id": "ID"}
	for name, tc := range map[string]struct {
		fault      simulator.Fault
		want       string
		remembered bool
	}{
		"no token in the header":    {simulator.Fault{Headers: map[string]string{"X-Subject-Token": ""}}, noToken, false},
		"token of no project":       {simulator.Fault{Status: 201, Body: `{"token":{"expires_at":"2030-01-01T00:00:00.000000Z"}}`, Headers: withToken}, noToken, false},
		"time that is none":         {simulator.Fault{Status: 201, Body: `{"token":{"expires_at":"soon","project":{"id":"1"}}}`, Headers: withToken}, noToken, false},
		"HTML":                      {simulator.Fault{Status: 200, Body: `<html>`, Headers: withToken}, noToken, false},
		"empty body":                {simulator.Fault{Status: 201, Headers: withToken}, noToken, false},
		"service that is disturbed": {simulator.Fault{Status: 503, Body: `{}`, Headers: withToken}, "getting a token from IAM: iam.invalid answered 503 Service Unavailable: no message (request id ID)", false},
		"too many requests":         {simulator.Fault{Status: 429, Body: `{}`, Headers: withToken}, "getting a token from IAM: iam.invalid answered 429 Too Many Requests: no message (request id ID)", false},
		"project not found": {
			simulator.Fault{Status: 404, Body: `{"error":{"code":404,"message":"Could not find project"}}`, Headers: withToken},
			"getting a token from IAM: iam.invalid answered 404 Not Found, 404: Could not find project (request id ID)", true,
		},
		"no right": {
			simulator.Fault{Status: 403, Body: `{"error":{"code":403,"message":"m"}}`, Headers: withToken},
			"getting a token from IAM: iam.invalid answered 403 Forbidden, 403: m (request id ID)", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario()
			tc.fault.On, tc.fault.Times = simulator.OperationToken, 1
			s.Faults = []simulator.Fault{tc.fault}
			for where, change := range map[string]func(*auth.Config){
				"project known": withProject(project), "project not known": func(*auth.Config) {},
			} {
				w := newWorld(t, s, goodUser, change)
				err := w.read(t.Context())
				var iam *auth.IAMError
				if !errors.As(err, &iam) || err.Error() != tc.want {
					t.Errorf("%s: got  %v\nwant %s", where, err, tc.want)
				}
				again := w.read(t.Context())
				if tc.remembered {
					if again == nil || again.Error() != tc.want {
						t.Errorf("%s, the second time: got %v", where, again)
					}
					w.wantCounts(t, where+", remembered", 1, 0, 0)
					continue
				}
				wantNone(t, again)
				w.wantCounts(t, where+", not remembered", 2, 0, 1)
			}
		})
	}
}

func TestRedirectOfIAMIsNotFollowedWithThePassword(t *testing.T) {
	t.Parallel()
	s := scenario()
	s.Faults = []simulator.Fault{{On: simulator.OperationToken, Status: 307, Headers: map[string]string{"Location": "https://elsewhere.invalid/v3/auth/tokens"}}}
	w := newWorld(t, s, goodUser)
	if err := w.read(t.Context()); err == nil || !strings.Contains(err.Error(), "a redirect to elsewhere.invalid, which is not followed") {
		t.Errorf("got %v", err)
	}
	w.wantCounts(t, "redirected", 1, 0, 0)
}

func TestPasswordAsksIAMBelowItsPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), goodUser, func(c *auth.Config) { c.IAM = &url.URL{Scheme: "https", Host: "iam.invalid", Path: "/gateway"} })
	_ = w.read(t.Context())
	if got := w.seen[0].URL.Path; got != "/gateway/v3/auth/tokens" {
		t.Errorf("got %s", got)
	}
}
