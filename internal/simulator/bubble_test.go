package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener serves connections in memory, as a synctest bubble needs them.
type pipeListener struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.connections:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error {
	close(l.closed)
	return nil
}

func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestFaultsOverAPipeInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		for _, fault := range []Fault{
			{Hang: true}, {Reset: true}, {Close: true}, {Delay: Duration(time.Hour)}, {Truncate: 3}, {Drip: Duration(time.Minute)},
		} {
			fault.Times = 1
			s.AddFault(fault)
		}
		listener := pipeListener{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		defer func() { _ = server.Close() }()

		transport := &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				listener.connections <- server
				return client, nil
			},
		}
		// fetch gives up after 30 seconds and tells how it went and how long it took.
		fetch := func() (string, time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			begin := time.Now()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://pipe"+jobPath+DefaultJobFailed, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Auth-Token", tokenValue)
			response, err := transport.RoundTrip(r)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				return "gave up", time.Since(begin)
			case errors.Is(err, io.ErrUnexpectedEOF):
				return "cut after " + string(body), time.Since(begin)
			case errors.Is(err, io.EOF):
				return "EOF", time.Since(begin)
			case err == nil && strings.Contains(string(body), DefaultJobFailed):
				return "job", time.Since(begin)
			}
			return fmt.Sprintf("%s, %v", body, err), time.Since(begin)
		}
		for i, want := range []string{"gave up", "EOF", "EOF", "gave up", `cut after {"j`, "gave up", "job"} {
			got, took := fetch()
			wantTook := time.Duration(0)
			if want == "gave up" {
				wantTook = 30 * time.Second
			}
			if got != want || took != wantTook {
				t.Errorf("request %d: %q after %s, want %q", i, got, took, want)
			}
		}
	})
}
