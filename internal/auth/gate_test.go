package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// service is what Session.Do sends to: it takes a second for each answer.
type service struct {
	session *auth.Session
	answer  func(n int64) error // of the n-th request, from 1

	requests atomic.Int64
	flight   flight
}

// flight counts what is under way at once.
type flight struct {
	mu        sync.Mutex
	now, most int
}

func (f *flight) begin() (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now++
	f.most = max(f.most, f.now)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.now--
	}
}

// atOnce is the most that has been under way at once.
func (f *flight) atOnce() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most
}

func newService(c auth.Credential, answer func(n int64) error) *service {
	return &service{
		session: auth.NewSession(transport.New(transport.Options{}), &transport.Secrets{}, auth.Config{Credential: c}),
		answer:  answer,
	}
}

func (s *service) do(ctx context.Context, projectID string) error {
	_, err := s.session.Do(ctx, projectID, func(transport.Signer) (*transport.Response, error) {
		n := s.requests.Add(1)
		defer s.flight.begin()()
		time.Sleep(time.Second)
		if err := s.answer(n); err != nil {
			return nil, err
		}
		return &transport.Response{Status: http.StatusOK}, nil
	})
	return err
}

func status(code int, name string) error {
	return &transport.StatusError{Host: "service.invalid", Status: code, Code: name, Message: "m"}
}

func TestCredentialIsTriedByOneRequestAtATimeUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]auth.Credential{"token": auth.Token{Value: goodToken}, "access key": goodKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// Three disturbed answers, then good ones.
				var s *service
				s = newService(c, func(n int64) error {
					if n <= 4 && s.flight.atOnce() != 1 {
						t.Errorf("request %d is not alone", n)
					}
					if n <= 3 {
						return status(http.StatusServiceUnavailable, "")
					}
					return nil
				})
				begin := time.Now()
				failed := 0
				for _, err := range times(20, func(int) error { return s.do(t.Context(), project) }) {
					if err != nil {
						failed++
					}
				}
				// One by one for 4 s, and 16 at once in the fifth second.
				if took := time.Since(begin); took != 5*time.Second || failed != 3 || s.requests.Load() != 20 || s.flight.atOnce() != 16 {
					t.Errorf("it took %s, with %d failures, %d requests, %d at once", took, failed, s.requests.Load(), s.flight.atOnce())
				}
			})
		})
	}
}

// TestWhoWaitsSharesSilenceOnly: that nobody answers holds for all, an answer that
// broke off for the one who had asked.
func TestWhoWaitsSharesSilenceOnly(t *testing.T) {
	t.Parallel()
	for fault, want := range map[transport.Fault]struct{ failed, requests int }{
		transport.FaultRefused: {5, 1}, transport.FaultConnection: {5, 1},
		transport.FaultBody: {1, 5}, transport.FaultTooLarge: {1, 5},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(goodKey, func(n int64) error {
					if n == 1 {
						return &transport.NetworkError{Host: "service.invalid", Fault: fault}
					}
					return nil
				})
				failed := 0
				for _, err := range times(5, func(int) error { return s.do(t.Context(), project) }) {
					if err != nil {
						failed++
					}
				}
				if failed != want.failed || int(s.requests.Load()) != want.requests {
					t.Errorf("%d failures of %d requests, want %+v", failed, s.requests.Load(), want)
				}
			})
		})
	}
}

func TestAnswerThatProvesTheCredential(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first  error
		proves bool
	}{
		"the job":                       {nil, true},
		"403 of the gateway":            {status(http.StatusForbidden, "APIGW.0302"), true},
		"403 of the service":            {status(http.StatusForbidden, "WKS.00081102"), true},
		"404 of the service":            {status(http.StatusNotFound, "WKS.00211902"), true},
		"404 without a code":            {status(http.StatusNotFound, ""), true},
		"404 of the gateway":            {status(http.StatusNotFound, "APIGW.0101"), false},
		"400":                           {status(http.StatusBadRequest, "APIGW.0201"), false},
		"302":                           {status(http.StatusFound, ""), false},
		"407":                           {status(http.StatusProxyAuthRequired, ""), false},
		"429":                           {status(http.StatusTooManyRequests, "APIGW.0308"), false},
		"500":                           {status(http.StatusInternalServerError, "APIGW.0601"), false},
		"503":                           {status(http.StatusServiceUnavailable, "APIGW.0613"), false},
		"504":                           {status(http.StatusGatewayTimeout, "APIGW.0201"), false},
		"no answer":                     {&transport.NetworkError{Fault: transport.FaultTimeout}, false},
		"end of the caller":             {context.Canceled, false},
		"request that was not sent":     {errors.New("signing a request"), false},
		"project that is not known":     {&auth.SetupError{Argument: "project_id"}, false},
		"IAM that could not be used":    {&auth.IAMError{Doing: "d", Err: status(http.StatusBadGateway, "")}, false},
		"IAM that knows the credential": {&auth.IAMError{Doing: "d", Err: status(http.StatusForbidden, "IAM.0006")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(goodKey, func(n int64) error {
					if n == 1 {
						return tc.first
					}
					return nil
				})
				if err := s.do(t.Context(), project); !errors.Is(err, tc.first) {
					t.Errorf("got %v", err)
				}
				begin := time.Now()
				wantNone(t, times(3, func(int) error { return s.do(t.Context(), project) })...)
				want := time.Second
				if !tc.proves {
					want = 2 * time.Second // One alone, then two at once.
				}
				if took := time.Since(begin); took != want || s.requests.Load() != 4 {
					t.Errorf("three more requests took %s, want %s, and there were %d in all", took, want, s.requests.Load())
				}
			})
		})
	}
}

func TestRefusalIsRememberedAndGivenToAll(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		credential auth.Credential
		kind       auth.Kind
	}{
		"token":         {auth.Token{Value: goodToken}, auth.KindToken},
		"access key":    {goodKey, auth.KindAccessKey},
		"temporary key": {temporaryKey, auth.KindAccessKey},
	} {
		for _, code := range []string{"APIGW.0301", "APIGW.0305", "APIGW.0307", "WKS.00211302", ""} {
			t.Run(name+" "+code, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newService(tc.credential, func(int64) error { return status(http.StatusUnauthorized, code) })
					begin := time.Now()
					errs := times(20, func(int) error { return s.do(t.Context(), project) })
					wantRefused(t, tc.kind, code, errs...)
					for _, err := range errs {
						if err != errs[0] { //nolint:errorlint // It is the same refusal.
							t.Errorf("got %v and %v", err, errs[0])
						}
					}
					wantRefused(t, tc.kind, code, s.do(t.Context(), project))
					if took := time.Since(begin); took != time.Second || s.requests.Load() != 1 {
						t.Errorf("got %d requests in %s", s.requests.Load(), took)
					}
				})
			})
		}
	}
}

func TestRefusalOfAnAcceptedCredentialIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(goodKey, func(n int64) error {
			if n == 1 {
				return nil
			}
			return status(http.StatusUnauthorized, "APIGW.0301")
		})
		wantNone(t, s.do(t.Context(), project))
		wantRefused(t, auth.KindAccessKey, "APIGW.0301", s.do(t.Context(), project))
		wantRefused(t, auth.KindAccessKey, "APIGW.0301", times(20, func(int) error { return s.do(t.Context(), project) })...)
		if got := s.requests.Load(); got != 2 {
			t.Errorf("got %d requests", got)
		}
	})
}

func TestRefusalOfAKeyCountsForAllProjectsAndOfATokenForOne(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		credential auth.Credential
		kind       auth.Kind
		requests   int64
	}{
		"access key": {goodKey, auth.KindAccessKey, 1},
		"token":      {auth.Token{Value: goodToken}, auth.KindToken, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(tc.credential, func(int64) error { return status(http.StatusUnauthorized, "APIGW.0307") })
				for range 2 {
					wantRefused(t, tc.kind, "APIGW.0307", s.do(t.Context(), project), s.do(t.Context(), otherProject))
				}
				if got := s.requests.Load(); got != tc.requests {
					t.Errorf("got %d requests, want %d", got, tc.requests)
				}
			})
		})
	}
}

func TestCallerThatWaitsForTheFirstAnswerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(goodKey, func(int64) error { return nil })
		var first sync.WaitGroup
		first.Go(func() { wantNone(t, s.do(t.Context(), project)) })
		synctest.Wait()
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := s.do(ctx, project)
		if took := time.Since(begin); took != 300*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v after %s", err, took)
		}
		if want := "waiting for the first answer to this credential: context deadline exceeded"; err.Error() != want {
			t.Errorf("got %q", err)
		}
		first.Wait()
		if got := s.requests.Load(); got != 1 {
			t.Errorf("got %d requests", got)
		}
	})
}
