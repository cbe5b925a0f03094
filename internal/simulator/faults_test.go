package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fetch reads the job that has succeeded over a connection of its own.
func fetch(ctx context.Context, t *testing.T, s *Server) (*http.Response, []byte, error) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+jobPath+DefaultJobSucceeded, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", tokenValue)
	response, err := transport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

func startWith(t *testing.T, fault Fault) *Server {
	t.Helper()
	scenario := DefaultScenario()
	scenario.Faults = []Fault{fault}
	return mustStart(t, scenario)
}

func wantRecord(t *testing.T, s *Server, status int) {
	t.Helper()
	requests := s.Requests()
	if len(requests) != 1 || requests[0].Status != status || requests[0].Fault != "fault 1" {
		t.Errorf("got %+v, want one request with status %d and the fault", requests, status)
	}
}

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault       Fault
		status      int
		body        string
		contentType string
	}{
		"status and body": {Fault{Status: 503, Body: `{"error_code":"X"}`}, 503, `{"error_code":"X"}`, "application/json"},
		"page":            {Fault{Status: 502, Body: "<html>"}, 502, "<html>", "text/html; charset=utf-8"},
		"status alone":    {Fault{Status: 500}, 500, "", "application/json"},
		"body alone":      {Fault{Body: `{"job":`}, 200, `{"job":`, "application/json"},
		"empty 204":       {Fault{Status: 204}, 204, "", "application/json"},
		"type":            {Fault{Body: "x", Headers: map[string]string{"content-type": "text/plain"}}, 200, "x", "text/plain"},
		"no type":         {Fault{Body: "x", Headers: map[string]string{"content-type": ""}}, 200, "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, test.fault)
			response, body, err := fetch(t.Context(), t, s)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || string(body) != test.body || response.Header.Get("Content-Type") != test.contentType {
				t.Errorf("got %d %q %v", response.StatusCode, body, response.Header)
			}
			wantRecord(t, s, test.status)
		})
	}
}

func TestFaultHeaders(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Headers: map[string]string{"Retry-After": "7", "Date": ""}})
	response, body, err := fetch(t.Context(), t, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, dated := response.Header["Date"]; dated || response.StatusCode != 200 || response.Header.Get("Retry-After") != "7" || !bytes.Contains(body, []byte(DefaultJobSucceeded)) {
		t.Errorf("got %d %q %v", response.StatusCode, body, response.Header)
	}
}

func TestFaultClose(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Close: true})
	if _, _, err := fetch(t.Context(), t, s); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	wantRecord(t, s, 0)
}

func TestFaultReset(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Reset: true})
	if _, _, err := fetch(t.Context(), t, s); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
	wantRecord(t, s, 0)
}

func TestFaultResetOverTLS(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	s.AddFault(Fault{Reset: true})
	server := httptest.NewTLSServer(s)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Transport.RoundTrip(r)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
}

func TestFaultHangAndDelay(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]Fault{"hang": {Hang: true}, "delay": {Delay: Duration(time.Hour)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, fault)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				for s.Count("") == 0 && ctx.Err() == nil {
					<-time.After(time.Millisecond)
				}
				time.AfterFunc(50*time.Millisecond, cancel) // An answer would have come.
			}()
			if _, _, err := fetch(ctx, t, s); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			wantRecord(t, s, 0)
		})
	}
}

func TestFaultDelayThenAnswer(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Delay: Duration(30 * time.Millisecond)})
	begin := time.Now()
	response, _, err := fetch(t.Context(), t, s)
	if err != nil || response.StatusCode != http.StatusOK || time.Since(begin) < 30*time.Millisecond {
		t.Errorf("got %v, %v after %s", response, err, time.Since(begin))
	}
}

func TestFaultTruncate(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]Fault{"plain": {Truncate: 10}, "gzip": {Truncate: 10, Gzip: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, fault)
			response, body, err := fetch(t.Context(), t, s)
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 10 || response.ContentLength <= 10 {
				t.Errorf("got %q of %d, %v", body, response.ContentLength, err)
			}
		})
	}
}

func TestFaultOversize(t *testing.T) {
	t.Parallel()
	const size = 3<<20 + 17
	for name, fault := range map[string]Fault{"plain": {Oversize: size}, "gzip": {Oversize: size, Gzip: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, fault)
			response, body, err := fetch(t.Context(), t, s)
			if err != nil {
				t.Fatal(err)
			}
			if fault.Gzip {
				if len(body) > size/100 || response.Header.Get("Content-Encoding") != "gzip" {
					t.Errorf("got %d bytes, %v", len(body), response.Header)
				}
				body = unpacked(t, body)
			}
			if len(body) != size || response.ContentLength != -1 {
				t.Errorf("got %d bytes, announced as %d", len(body), response.ContentLength)
			}
			if job := decode[map[string]jobV1](t, body)["job"]; job.JobID != DefaultJobSucceeded {
				t.Errorf("got %+v", job)
			}
		})
	}
}

func TestFaultOversizeEndsWithTheClient(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Oversize: 1 << 60})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	// The cleanup waits for the handler to have noticed.
	if _, _, err := fetch(ctx, t, s); err == nil {
		t.Error("an endless body has ended")
	}
}

func TestFaultGzip(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Gzip: true})
	response, body, err := fetch(t.Context(), t, s)
	if err != nil || response.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got %v, %v", response, err)
	}
	if job := decode[map[string]jobV1](t, unpacked(t, body))["job"]; job.JobID != DefaultJobSucceeded {
		t.Errorf("got %+v", job)
	}
}

func unpacked(t *testing.T, data []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestFaultDrip(t *testing.T) {
	t.Parallel()
	s := startWith(t, Fault{Body: "abcd", Drip: Duration(10 * time.Millisecond)})
	begin := time.Now()
	_, body, err := fetch(t.Context(), t, s)
	if err != nil || string(body) != "abcd" || time.Since(begin) < 40*time.Millisecond {
		t.Errorf("got %q, %v after %s", body, err, time.Since(begin))
	}

	s = startWith(t, Fault{Drip: Duration(time.Minute)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	response, body, err := fetch(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotFirstResponseByte: func() { time.AfterFunc(50*time.Millisecond, cancel) },
	}), t, s)
	if response == nil || len(body) != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %q, %v; want a header and no body", response, body, err)
	}
}

func TestFaultDripInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		s.AddFault(Fault{Body: "abc", Delay: seconds(5), Drip: Duration(time.Minute)})
		begin := time.Now()
		w := call(t, s, http.MethodGet, "/", "")
		if got := time.Since(begin); got != 3*time.Minute+5*time.Second || w.Body.String() != "abc" {
			t.Errorf("got %q after %s", w.Body, got)
		}
	})
}

func TestFaultWithoutAConnection(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	s.AddFault(Fault{Reset: true})
	w := call(t, s, http.MethodGet, "/", "")
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "HTTP/1") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestFaultChoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		read := func(id string) int {
			return call(t, s, http.MethodGet, jobPath+id, "", withToken(tokenValue)).Code
		}
		s.AddFault(Fault{On: OperationToken, Status: 599})
		s.AddFault(Fault{On: OperationJob, JobID: DefaultJobFailed, Skip: 1, Times: 2, Status: 501})
		s.AddFault(Fault{Name: "window", After: seconds(10), Until: seconds(20), Status: 503})
		s.AddFault(Fault{JobID: DefaultJobFailed, Times: 1, Status: 504})

		var got []int
		for range 5 {
			got = append(got, read(DefaultJobFailed))
		}
		// The last fault gets what the second lets through.
		want := []int{504, 501, 501, 200, 200}
		time.Sleep(10*time.Second - time.Nanosecond)
		got, want = append(got, read(DefaultJobSucceeded)), append(want, 200)
		time.Sleep(time.Nanosecond)
		got, want = append(got, read(DefaultJobSucceeded)), append(want, 503)
		if fault := s.Requests()[6].Fault; fault != "window" {
			t.Errorf("the fault is %q", fault)
		}
		s.ClearFaults()
		got, want = append(got, read(DefaultJobSucceeded)), append(want, 200)
		s.AddFault(Fault{Name: "odd", Status: 99})
		got, want = append(got, read(DefaultJobSucceeded)), append(want, 500)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	})
}

func TestHangStartsTheJobsClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		s.AddFault(Fault{Times: 1, Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		call(t, s, http.MethodGet, jobPath+DefaultJobRunning, "", func(r *http.Request) { *r = *r.WithContext(ctx) })
		if got := readJob(t, s, DefaultJobRunning).JobStatus; got != StatusSuccess {
			t.Errorf("got %d", got)
		}
	})
}
