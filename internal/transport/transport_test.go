package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// headerSigner sets one header, and counts how often it was asked to.
type headerSigner struct {
	name, value string
	calls       *atomic.Int64
	body        *atomic.Value
}

func (s headerSigner) Sign(req *http.Request, body []byte) error {
	s.calls.Add(1)
	s.body.Store(string(body))
	req.Header.Set(s.name, s.value)
	return nil
}

func newHeaderSigner(name, value string) headerSigner {
	return headerSigner{name, value, new(atomic.Int64), new(atomic.Value)}
}

func TestRequestIsSentAsGivenWithTheClientsOwnHeaders(t *testing.T) {
	t.Parallel()
	var got http.Request
	var body []byte
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = *r.Clone(context.WithoutCancel(r.Context()))
		body, _ = io.ReadAll(r.Body)
	})
	signer := newHeaderSigner("X-Auth-Token", "t0ken")
	r := get(t, s.URL+"/v1/p/job/1?name=a+b")
	r.Method, r.Body = http.MethodPost, []byte(`{"a":1}`)
	r.Header = http.Header{"X-Own": {"1", "2"}, "User-Agent": {"other"}, "Accept": {"text/html"}}
	c := newClient(t, transport.Options{UserAgent: "Terraform/1.2.3 terraform-provider-workspace/4.5.6"})
	resp, err := c.Do(t.Context(), r, signer)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != http.StatusOK || len(resp.Body) != 0 {
		t.Errorf("got %d with %q", resp.Status, resp.Body)
	}
	if got.Method != http.MethodPost || got.RequestURI != "/v1/p/job/1?name=a+b" || string(body) != `{"a":1}` {
		t.Errorf("got %s %s %s", got.Method, got.RequestURI, body)
	}
	for name, want := range map[string][]string{
		"User-Agent":   {"Terraform/1.2.3 terraform-provider-workspace/4.5.6"},
		"Accept":       {"application/json"},
		"Content-Type": {"application/json"},
		"X-Own":        {"1", "2"},
		"X-Auth-Token": {"t0ken"},
	} {
		if !slices.Equal(got.Header[name], want) {
			t.Errorf("%s: got %q, want %q", name, got.Header[name], want)
		}
	}
	if signed := signer.body.Load(); signed != `{"a":1}` || signer.calls.Load() != 1 {
		t.Errorf("signed %q in %d calls", signed, signer.calls.Load())
	}
}

func TestRequestWithoutBodyNamesNoContentType(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || r.Header["Content-Type"] != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	if _, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), nil); err != nil {
		t.Error(err)
	}
}

func TestRequestThatCannotBeSignedIsNotSent(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), failingSigner{})
	if !errors.Is(err, errSigner) || requests.Load() != 0 {
		t.Errorf("got %v and %d requests", err, requests.Load())
	}
}

var errSigner = errors.New("no key")

type failingSigner struct{}

func (failingSigner) Sign(*http.Request, []byte) error { return errSigner }

func TestAnswerIsReadWhole(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tc := range map[string]struct {
		headers []string
		date    time.Time
		id      string
	}{
		"request id of the gateway": {[]string{"Date", "Fri, 02 Jan 2026 03:04:05 GMT", "X-Request-Id", "r1", "X-Iam-Trace-Id", "t1"}, date, "r1"},
		"request id of IAM":         {[]string{"Date", "Fri, 02 Jan 2026 03:04:05 GMT", "X-Iam-Trace-Id", "t1"}, date, "t1"},
		"no request id":             {[]string{"Date", "Fri, 02 Jan 2026 03:04:05 GMT"}, date, ""},
		"date that is none":         {[]string{"Date", "yesterday", "X-Request-Id", "a\u202eb\tc"}, time.Time{}, "a b c"},
		"request id that is long":   {[]string{"Date", "", "X-Request-Id", strings.Repeat("x", 200)}, time.Time{}, strings.Repeat("x", 128) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answer(http.StatusCreated, `{"job":{}}`, append(tc.headers, "X-Subject-Token", "v")...))
			resp, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != http.StatusCreated || string(resp.Body) != `{"job":{}}` || resp.Header.Get("X-Subject-Token") != "v" {
				t.Errorf("got %d %s %v", resp.Status, resp.Body, resp.Header)
			}
			if !resp.Date().Equal(tc.date) || resp.RequestID != tc.id || resp.Elapsed <= 0 {
				t.Errorf("got date %s, request id %q, elapsed %s", resp.Date(), resp.RequestID, resp.Elapsed)
			}
		})
	}
}

func TestCompressedAnswerIsUnpacked(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(t, []byte(`{"job":{}}`)))
	})
	resp, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), nil)
	if err != nil || string(resp.Body) != `{"job":{}}` {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestBodyOfTheLimitIsReadAndOneByteMoreIsNot(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		size := transport.MaxBody
		if r.URL.Path == "/more" {
			size++
		}
		_, _ = w.Write(bytes.Repeat([]byte(" "), size))
	})
	c := newClient(t, transport.Options{})
	if resp, err := c.Do(t.Context(), get(t, s.URL), nil); err != nil || len(resp.Body) != transport.MaxBody {
		t.Errorf("a body of the limit: %v", err)
	}
	_, err := c.Do(t.Context(), get(t, s.URL+"/more"), nil)
	wantFault(t, err, hostOf(s), transport.FaultTooLarge, "the body is larger than 4 MiB")
}

func TestStatusOf300AndAboveIsAStatusError(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tc := range map[string]struct {
		status  int
		body    string
		headers []string
		want    transport.StatusError
		text    string
	}{
		"error of the service": {
			http.StatusNotFound, `{"error_code":"WKS.00211902","error_msg":"no such job"}`, []string{"X-Request-Id", "r1"},
			transport.StatusError{Status: 404, Code: "WKS.00211902", Message: "no such job", RequestID: "r1"},
			"HOST answered 404 Not Found, WKS.00211902: no such job (request id r1)",
		},
		"error of the gateway with the id in its body": {
			http.StatusTooManyRequests, `{"error_code":"APIGW.0308","error_msg":"throttled","request_id":"r2"}`, []string{"Retry-After", "7"},
			transport.StatusError{Status: 429, Code: "APIGW.0308", Message: "throttled", RequestID: "r2", RetryAfter: "7"},
			"HOST answered 429 Too Many Requests, APIGW.0308: throttled (request id r2)",
		},
		"id of the header before that of the body": {
			http.StatusBadGateway, `{"request_id":"r2"}`, []string{"X-Request-Id", "r1"},
			transport.StatusError{Status: 502, Message: "no message", RequestID: "r1"},
			"HOST answered 502 Bad Gateway: no message (request id r1)",
		},
		"error of IAM": {
			http.StatusUnauthorized, `{"error":{"code":401,"message":"wrong password","title":"Unauthorized"}}`, []string{"X-Iam-Trace-Id", "t1"},
			transport.StatusError{Status: 401, Code: "401", Message: "wrong password", RequestID: "t1"},
			"HOST answered 401 Unauthorized, 401: wrong password (request id t1)",
		},
		"page of a proxy": {
			http.StatusServiceUnavailable, "<html>down</html>", nil,
			transport.StatusError{Status: 503, Message: "an HTML page instead of JSON"},
			"HOST answered 503 Service Unavailable: an HTML page instead of JSON",
		},
		"empty body and a status without a name": {
			599, "", nil, transport.StatusError{Status: 599, Message: "an empty body"}, "HOST answered 599: an empty body",
		},
		"text of many lines with escapes": {
			500, "boom\r\n\x1b[2J\tnow", nil, transport.StatusError{Status: 500, Message: "boom [2J now"},
			"HOST answered 500 Internal Server Error: boom [2J now",
		},
		"long code and message": {
			500, `{"code":"` + strings.Repeat("c", 100) + `","message":"` + strings.Repeat("ä", 2000) + `"}`, nil,
			transport.StatusError{Status: 500, Code: strings.Repeat("c", 64) + "…", Message: strings.Repeat("ä", 1024) + "…"},
			"HOST answered 500 Internal Server Error, " + strings.Repeat("c", 64) + "…: " + strings.Repeat("ä", 1024) + "…",
		},
		"redirect to another host": {
			http.StatusFound, "<html>", []string{"Location", "https://elsewhere.invalid/path?q=1"},
			transport.StatusError{Status: 302, Message: "a redirect to elsewhere.invalid, which is not followed"},
			"HOST answered 302 Found: a redirect to elsewhere.invalid, which is not followed",
		},
		"redirect within the host": {
			http.StatusSeeOther, "", []string{"Location", "/login"},
			transport.StatusError{Status: 303, Message: "a redirect to HOST, which is not followed"},
			"HOST answered 303 See Other: a redirect to HOST, which is not followed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answer(tc.status, tc.body, append(tc.headers, "Date", "Fri, 02 Jan 2026 03:04:05 GMT")...))
			resp, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), nil)
			var got *transport.StatusError
			if resp != nil || !errors.As(err, &got) {
				t.Fatalf("got %v, %v", resp, err)
			}
			tc.want.Host, tc.want.Date = hostOf(s), date
			tc.want.Message = strings.ReplaceAll(tc.want.Message, "HOST", hostOf(s))
			if *got != tc.want {
				t.Errorf("got  %+v\nwant %+v", *got, tc.want)
			}
			if want := strings.ReplaceAll(tc.text, "HOST", hostOf(s)); got.Error() != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestRedirectIsNotFollowedAndNothingIsForwarded(t *testing.T) {
	t.Parallel()
	var second atomic.Int64
	target := serve(t, func(http.ResponseWriter, *http.Request) { second.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var first atomic.Int64
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				first.Add(1)
				http.Redirect(w, r, target.URL+"/stolen", status)
			})
			_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), newHeaderSigner("X-Auth-Token", "t0ken"))
			var got *transport.StatusError
			if !errors.As(err, &got) || got.Status != status || first.Load() != 1 || second.Load() != 0 {
				t.Errorf("got %v, %d and %d requests", err, first.Load(), second.Load())
			}
		})
	}
}

func TestSecretsAreKeptOutOfErrors(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-value"
	secrets := &transport.Secrets{}
	secrets.Add(secret)
	c := newClient(t, transport.Options{Secrets: secrets})
	for name, h := range map[string]http.HandlerFunc{
		"message":         answer(401, `{"error_code":"APIGW.0301","error_msg":"Get secretKey failed,ak:`+secret+`,err:ak not exist"}`),
		"code":            answer(401, `{"error_code":"`+secret+`","error_msg":"x"}`),
		"plain text":      answer(500, "no "+secret),
		"id in body":      answer(500, `{"request_id":"`+secret+`","message":"m"}`),
		"id in header":    answer(500, "m", "X-Request-Id", secret),
		"cut in the text": answer(500, strings.Repeat("x", 1018)+secret),
		"redirect":        answer(302, "", "Location", "https://"+secret+".invalid/"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Do(t.Context(), get(t, serve(t, h).URL), nil)
			if text := fmt.Sprintf("%v %+v", err, err); err == nil || strings.Contains(text, secret[:6]) || !strings.Contains(text, "***") {
				t.Errorf("got %s", text)
			}
		})
	}
}

// record is a Logger that keeps what it is given.
type record struct {
	mu    sync.Mutex
	lines []line
}

type line struct {
	level, message string
	fields         map[string]any
}

func (r *record) add(level, message string, fields map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line{level, message, maps.Clone(fields)})
}

func (r *record) Debug(_ context.Context, m string, f map[string]any) { r.add("debug", m, f) }
func (r *record) Info(_ context.Context, m string, f map[string]any)  { r.add("info", m, f) }
func (r *record) Warn(_ context.Context, m string, f map[string]any)  { r.add("warn", m, f) }

func TestLogLineHoldsFieldsOfAnAllowListAndNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-value"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, secret)
		case "/bad":
			answer(http.StatusUnauthorized, secret, "X-Request-Id", "r1", "X-Subject-Token", secret)(w, r)
		default:
			answer(http.StatusOK, secret, "X-Request-Id", "r1", "X-Subject-Token", secret)(w, r)
		}
	})
	for path, want := range map[string]struct {
		message string
		keys    []string
		values  map[string]any
	}{
		"/good": {
			"answer", []string{"bytes", "duration_ms", "host", "method", "path", "request_id", "status"},
			map[string]any{"bytes": len(secret), "host": hostOf(s), "method": "POST", "path": "/good", "request_id": "r1", "status": 200},
		},
		"/bad": {
			"answer", []string{"bytes", "duration_ms", "host", "method", "path", "request_id", "status"},
			map[string]any{"bytes": len(secret), "host": hostOf(s), "method": "POST", "path": "/bad", "request_id": "r1", "status": 401},
		},
		"/cut": {
			"no answer", []string{"duration_ms", "fault", "host", "method", "path"},
			map[string]any{"host": hostOf(s), "method": "POST", "path": "/cut", "fault": "answer cut short"},
		},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			log := &record{}
			r := get(t, s.URL+path+"?q="+secret)
			r.Method, r.Body, r.Header = http.MethodPost, []byte(secret), http.Header{"X-Own": {secret}}
			_, _ = newClient(t, transport.Options{Logger: log}).Do(t.Context(), r, newHeaderSigner("X-Auth-Token", secret))
			if len(log.lines) != 1 {
				t.Fatalf("got %d lines", len(log.lines))
			}
			got := log.lines[0]
			if got.level != "debug" || got.message != want.message {
				t.Errorf("got %s %q", got.level, got.message)
			}
			if keys := slices.Sorted(maps.Keys(got.fields)); !slices.Equal(keys, want.keys) {
				t.Errorf("got the fields %q, want %q", keys, want.keys)
			}
			for key, value := range want.values {
				if got.fields[key] != value {
					t.Errorf("%s: got %v, want %v", key, got.fields[key], value)
				}
			}
			if text := fmt.Sprint(got); strings.Contains(text, secret) {
				t.Errorf("the line holds the secret: %s", text)
			}
		})
	}
}

// countingServer counts accepted connections, and requests in flight.
type countingServer struct {
	*httptest.Server

	accepted atomic.Int64

	mu        sync.Mutex
	now, most int // requests in flight
}

func (s *countingServer) count(delta int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += delta
	s.most = max(s.most, s.now)
}

func newCountingServer(t *testing.T, h http.HandlerFunc) *countingServer {
	t.Helper()
	s := &countingServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.count(1)
		defer s.count(-1)
		h(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.accepted.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func TestConnectionIsReusedWhateverTheAnswer(t *testing.T) {
	t.Parallel()
	s := newCountingServer(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		answer(status, strings.Repeat("x", 100_000))(w, r)
	})
	c := newClient(t, transport.Options{})
	for _, status := range []int{200, 302, 401, 404, 429, 500, 503, 200} {
		_, _ = c.Do(t.Context(), get(t, fmt.Sprintf("%s/%d", s.URL, status)), nil)
	}
	if got := s.accepted.Load(); got != 1 {
		t.Errorf("got %d connections for 8 requests one after the other", got)
	}
}

func TestConnectionsOfManyWorkersAreBoundedAndReused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		workers int
		proof   bool
	}{
		"as many workers as connections": {transport.Connections, false},
		"more workers than connections":  {3 * transport.Connections, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			full := make(chan struct{})
			var arrived atomic.Int64
			s := newCountingServer(t, func(_ http.ResponseWriter, r *http.Request) {
				if !tc.proof {
					return
				}
				// The first 16 wait for each other, so that all of them are in flight at once.
				if arrived.Add(1) == transport.Connections {
					close(full)
				}
				select {
				case <-full:
				case <-r.Context().Done():
				}
			})
			c := newClient(t, transport.Options{})
			work := make(chan transport.Request, 100)
			for range cap(work) {
				work <- get(t, s.URL)
			}
			close(work)
			var wg sync.WaitGroup
			for range tc.workers {
				wg.Go(func() {
					for r := range work {
						if _, err := c.Do(t.Context(), r, nil); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if got := s.accepted.Load(); got > transport.Connections {
				t.Errorf("got %d connections", got)
			}
			s.Close() // It waits for the handlers to end.
			if got := s.most; tc.proof && got != transport.Connections {
				t.Errorf("got at most %d requests in flight, want %d", got, transport.Connections)
			}
		})
	}
}

func TestAllConnectionsAreKeptForTheNextRound(t *testing.T) {
	t.Parallel()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	s := newCountingServer(t, func(_ http.ResponseWriter, r *http.Request) {
		for _, step := range []chan struct{}{arrived, goOn} {
			select {
			case step <- struct{}{}:
			case <-r.Context().Done():
			}
		}
	})
	c := newClient(t, transport.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range 3 {
		var wg sync.WaitGroup
		for range transport.Connections {
			wg.Go(func() {
				if _, err := c.Do(ctx, get(t, s.URL), nil); err != nil {
					t.Error(err)
				}
			})
		}
		for _, step := range []chan struct{}{arrived, goOn} {
			for range transport.Connections {
				select {
				case <-step:
				case <-ctx.Done():
				}
			}
		}
		wg.Wait()
	}
	if got := s.accepted.Load(); got != transport.Connections {
		t.Errorf("got %d connections for three rounds of %d requests at once", got, transport.Connections)
	}
}

func TestRoundTripperReplacesTheConnections(t *testing.T) {
	t.Parallel()
	c := newClient(t, transport.Options{
		UserAgent: "u/1",
		RoundTripper: roundTripper(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			_, _ = io.WriteString(w, r.UserAgent()+" "+r.URL.Host)
			return w.Result(), nil
		}),
	})
	resp, err := c.Do(t.Context(), get(t, "https://service.invalid/v1"), nil)
	if err != nil || string(resp.Body) != "u/1 service.invalid" {
		t.Errorf("got %v, %v", resp, err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRequestThatCannotBeBuiltIsAnError(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, transport.Options{}).Do(t.Context(), transport.Request{Method: "NOT A METHOD", URL: &url.URL{}}, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "building a request: ") {
		t.Errorf("got %v", err)
	}
}
