package transport_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// proxy is what HTTPS_PROXY names in all tests: Go reads the variable once in the
// life of a process, and never asks a proxy for a loopback address. It opens
// tunnels to one server, and refuses hosts of the form "refused-STATUS.invalid".
var proxy struct {
	*httptest.Server

	tunnel   atomic.Value // of string: where tunnels lead
	connects atomic.Int64
}

func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		_ = os.Unsetenv(name)
	}
	proxy.Server = httptest.NewServer(http.HandlerFunc(serveProxy))
	_ = os.Setenv("HTTPS_PROXY", proxy.URL)
	code := m.Run()
	proxy.Close()
	os.Exit(code)
}

func serveProxy(w http.ResponseWriter, r *http.Request) {
	proxy.connects.Add(1)
	var status int
	if _, err := fmt.Sscanf(r.Host, "refused-%d.invalid", &status); err == nil {
		w.WriteHeader(status)
		return
	}
	to, _ := proxy.tunnel.Load().(string)
	server, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", to)
	if r.Method != http.MethodConnect || err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusOK)
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
	_ = client.Close()
}

// newClient returns a client whose connections end with the test.
func newClient(t *testing.T, o transport.Options) *transport.Client {
	t.Helper()
	c := transport.New(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// serve starts a server for the test.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// answer is a handler that always says the same.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// get is a GET of a URL.
func get(t *testing.T, text string) transport.Request {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return transport.Request{Method: http.MethodGet, URL: u}
}

// hostOf is the host and port of a server.
func hostOf(s *httptest.Server) string {
	_, host, _ := strings.Cut(s.URL, "://")
	return host
}
