package transport_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// wantFault checks the kind of a NetworkError, and that its text names the host,
// the fault and a part of the cause.
func wantFault(t *testing.T, err error, host string, fault transport.Fault, detail string) {
	t.Helper()
	var got *transport.NetworkError
	if !errors.As(err, &got) {
		t.Fatalf("got %T %v, want a NetworkError", err, err)
	}
	if got.Host != host || got.Fault != fault || !strings.Contains(got.Detail, detail) {
		t.Errorf("got %q, %q, %q; want %q, %q, %q", got.Host, got.Fault, got.Detail, host, fault, detail)
	}
	if want := host + ": " + string(fault) + ": " + got.Detail; got.Error() != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.Contains(got.Detail, "http://") || strings.Contains(got.Detail, "https://") {
		t.Errorf("the cause repeats the URL: %q", got.Detail)
	}
}

func TestClosedPortIsConnectionRefused(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(nil)
	s.Close()
	_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), nil)
	wantFault(t, err, hostOf(s), transport.FaultRefused, "connection refused")
}

// dialWithNameServer resolves names by a server on loopback that answers to
// every query with the given code: 3 is "no such name", 2 "server failure".
func dialWithNameServer(t *testing.T, code byte) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	server, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return
			}
			packet[2] |= 0x80       // It is a response, ...
			packet[3] = 0x80 | code // ... recursion is available, and the code.
			_, _ = server.WriteTo(packet[:n], from)
		}
	}()
	return (&net.Dialer{Resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
		},
	}}).DialContext
}

func TestNameThatDoesNotExistIsAnUnknownHost(t *testing.T) {
	t.Parallel()
	c := newClient(t, transport.Options{NoProxy: true, Dial: dialWithNameServer(t, 3)})
	_, err := c.Do(t.Context(), get(t, "https://service.invalid/v1"), nil)
	wantFault(t, err, "service.invalid", transport.FaultUnknownHost, "no such host")
}

func TestNameServerThatFailsIsAnUnknownHost(t *testing.T) {
	t.Parallel()
	c := newClient(t, transport.Options{NoProxy: true, Dial: dialWithNameServer(t, 2)})
	_, err := c.Do(t.Context(), get(t, "https://service.invalid/v1"), nil)
	wantFault(t, err, "service.invalid", transport.FaultUnknownHost, "server misbehaving")
}

func TestNameServerThatDoesNotAnswerIsATimeout(t *testing.T) {
	t.Parallel()
	c := newClient(t, transport.Options{NoProxy: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "service.invalid", IsTimeout: true}}
	}})
	_, err := c.Do(t.Context(), get(t, "https://service.invalid/v1"), nil)
	wantFault(t, err, "service.invalid", transport.FaultTimeout, "gave up after at most 35s")
}

// serveTLS starts a TLS server that the client does not trust by itself.
func serveTLS(t *testing.T, h http.HandlerFunc, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{}
	if change != nil {
		change(s.TLS)
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) //nolint:forbidigo // The handshakes that fail are wanted.
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestConnectionWithoutTrustIsATLSFault(t *testing.T) {
	t.Parallel()
	ok := answer(http.StatusOK, "{}")
	good := serveTLS(t, ok, nil)
	trust := trusting(t, good)

	t.Run("authority that is not known", func(t *testing.T) {
		t.Parallel()
		_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, good.URL), nil)
		wantFault(t, err, hostOf(good), transport.FaultTLS, "certificate")
	})
	t.Run("certificate of another name", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, transport.Options{
			TLS: transport.TLS{RootCAs: trust}, NoProxy: true,
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, hostOf(good))
			},
		})
		_, err := c.Do(t.Context(), get(t, "https://service.invalid/"), nil)
		wantFault(t, err, "service.invalid", transport.FaultTLS, "service.invalid")
	})
	t.Run("server that speaks TLS 1.1 at most", func(t *testing.T) {
		t.Parallel()
		old := serveTLS(t, ok, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
		_, err := newClient(t, transport.Options{TLS: transport.TLS{Insecure: true}}).Do(t.Context(), get(t, old.URL), nil)
		wantFault(t, err, hostOf(old), transport.FaultTLS, "protocol version")
	})
	t.Run("server that knows no version negotiation and chooses TLS 1.1", func(t *testing.T) {
		t.Parallel()
		hello := "\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02" + strings.Repeat("r", 32) + "\x00\x00\x2f\x00"
		c := newClient(t, transport.Options{NoProxy: true, Dial: pipe(hello)})
		_, err := c.Do(t.Context(), get(t, "https://service.invalid/"), nil)
		wantFault(t, err, "service.invalid", transport.FaultTLS, "unsupported protocol version")
	})
	t.Run("server that wants a certificate of the client", func(t *testing.T) {
		t.Parallel()
		mutual := serveTLS(t, ok, func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 })
		_, err := newClient(t, transport.Options{TLS: transport.TLS{Insecure: true}}).Do(t.Context(), get(t, mutual.URL), nil)
		wantFault(t, err, hostOf(mutual), transport.FaultTLS, "remote error: tls: ")
	})
	t.Run("server that is disturbed is no matter of trust", func(t *testing.T) {
		t.Parallel()
		disturbed := serveTLS(t, ok, func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("not now") }
		})
		_, err := newClient(t, transport.Options{TLS: transport.TLS{Insecure: true}}).Do(t.Context(), get(t, disturbed.URL), nil)
		wantFault(t, err, hostOf(disturbed), transport.FaultConnection, "tls: internal error")
	})
	t.Run("https to a server of plain http", func(t *testing.T) {
		t.Parallel()
		plain := serve(t, ok)
		_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, "https://"+hostOf(plain)), nil)
		wantFault(t, err, hostOf(plain), transport.FaultTLS, "HTTP response to HTTPS client")
	})
	t.Run("plain http to a TLS server is its answer of 400", func(t *testing.T) {
		t.Parallel()
		_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, "http://"+hostOf(good)), nil)
		var got *transport.StatusError
		if !errors.As(err, &got) || got.Status != http.StatusBadRequest || !strings.Contains(got.Message, "HTTPS") {
			t.Errorf("got %v", err)
		}
	})
}

// hijack takes the connection of a request over.
func hijack(t *testing.T, w http.ResponseWriter) *net.TCPConn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return nil
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		t.Errorf("got a %T", conn)
	}
	return tcp
}

func TestConnectionThatBreaks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  transport.Fault
		detail string
		serve  func(t *testing.T, w http.ResponseWriter)
	}{
		"reset before the header": {transport.FaultConnection, "reset", func(t *testing.T, w http.ResponseWriter) {
			conn := hijack(t, w)
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}},
		"end before the header": {transport.FaultConnection, "EOF", func(t *testing.T, w http.ResponseWriter) {
			_ = hijack(t, w).Close()
		}},
		"end within the header": {transport.FaultConnection, "malformed MIME header", func(t *testing.T, w http.ResponseWriter) {
			conn := hijack(t, w)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Len")
			_ = conn.Close()
		}},
		"not HTTP": {transport.FaultConnection, "malformed HTTP", func(t *testing.T, w http.ResponseWriter) {
			conn := hijack(t, w)
			_, _ = io.WriteString(conn, "220 mail.invalid ESMTP\r\n\r\n")
			_ = conn.Close()
		}},
		"header without end": {transport.FaultConnection, "exceeded", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		}},
		"body shorter than announced": {transport.FaultBody, "unexpected EOF", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"job":`)
		}},
		"chunks without an end": {transport.FaultBody, "unexpected EOF", func(t *testing.T, w http.ResponseWriter) {
			conn := hijack(t, w)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"job\":\r\n")
			_ = conn.Close()
		}},
		"reset within the body": {transport.FaultBody, "", func(t *testing.T, w http.ResponseWriter) {
			conn := hijack(t, w)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"job\":")
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}},
		"gzip that is none": {transport.FaultBody, "gzip: invalid header", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, strings.Repeat("no gzip ", 10))
		}},
		"body beyond the limit": {transport.FaultTooLarge, "larger than 4 MiB", func(_ *testing.T, w http.ResponseWriter) {
			for range 100 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) { tc.serve(t, w) })
			resp, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, s.URL), nil)
			if resp != nil {
				t.Errorf("got %v", resp)
			}
			wantFault(t, err, hostOf(s), tc.fault, tc.detail)
		})
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

//nolint:paralleltest // It measures what the whole process allocates.
func TestGzipBombIsCutOffAtTheLimit(t *testing.T) {
	const unpacked = 512 << 20
	// A stream of gzip members is unpacked as one.
	bomb := bytes.Repeat(gzipped(t, make([]byte, 1<<20)), unpacked>>20)
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb takes %d bytes on the wire", len(bomb))
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	c := newClient(t, transport.Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Do(t.Context(), get(t, s.URL), nil)
	runtime.ReadMemStats(&after)
	wantFault(t, err, hostOf(s), transport.FaultTooLarge, "the body is larger than 4 MiB")
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d MiB were allocated for an answer of %d MiB", got>>20, unpacked>>20)
	}
}

// pipe is a server at the other end of a connection in memory: it reads a
// request, writes text, and then leaves the client waiting.
func pipe(text string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			buffer := make([]byte, 4096)
			if _, err := server.Read(buffer); err != nil {
				return
			}
			_, _ = io.WriteString(server, text)
			_, _ = server.Read(buffer) // It ends when the client closes.
		}()
		return client, nil
	}
}

func TestExchangeIsGivenUpAfterExactlyTheTimeout(t *testing.T) {
	t.Parallel()
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"connection that is not made": func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"header that does not come": pipe(""),
		"header that stalls":        pipe("HTTP/1.1 200 OK\r\nContent-"),
		"body that stalls":          pipe("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"job\":"),
		"chunk that stalls":         pipe("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"job\":\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, transport.Options{Dial: dial})
				begin := time.Now()
				_, err := c.Do(t.Context(), get(t, "http://service.invalid/v1"), nil)
				if got := time.Since(begin); got != transport.Timeout {
					t.Errorf("gave up after %s", got)
				}
				wantFault(t, err, "service.invalid", transport.FaultTimeout, "gave up after at most 35s")
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestHandshakeIsGivenUpBeforeTheTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, transport.Options{Dial: pipe(""), NoProxy: true})
		begin := time.Now()
		_, err := c.Do(t.Context(), get(t, "https://service.invalid/v1"), nil)
		if got := time.Since(begin); got != 10*time.Second {
			t.Errorf("gave up after %s", got)
		}
		wantFault(t, err, "service.invalid", transport.FaultTimeout, "gave up after at most 35s")
	})
}

func TestEndOfTheCallersContextIsReturnedAtOnceAsItIs(t *testing.T) {
	t.Parallel()
	body := pipe("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"job\":")
	for name, tc := range map[string]struct {
		dial func(context.Context, string, string) (net.Conn, error)
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"cancelled before the header": {pipe(""), cancelAfter(3 * time.Second), context.Canceled},
		"cancelled within the body":   {body, cancelAfter(3 * time.Second), context.Canceled},
		"deadline within the body": {body, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 3*time.Second)
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				log := &record{}
				c := newClient(t, transport.Options{Dial: tc.dial, Logger: log})
				ctx, cancel := tc.end(t.Context())
				defer cancel()
				begin := time.Now()
				_, err := c.Do(ctx, get(t, "http://service.invalid/v1"), nil)
				if got := time.Since(begin); got != 3*time.Second {
					t.Errorf("it took %s", got)
				}
				if err != tc.want { //nolint:errorlint // The error itself is promised.
					t.Errorf("got %T %v, want %v", err, err, tc.want)
				}
				if len(log.lines) != 0 {
					t.Errorf("the caller's own end was logged: %v", log.lines)
				}
			})
		})
	}
}

func cancelAfter(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(parent context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(parent)
		time.AfterFunc(d, cancel)
		return ctx, cancel
	}
}

func TestContextThatHasEndedCostsNoRequest(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newClient(t, transport.Options{}).Do(ctx, get(t, s.URL), nil)
	if err != context.Canceled { //nolint:errorlint // The error itself is promised.
		t.Errorf("got %v", err)
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		fault  transport.Fault
		detail string
	}{
		{407, transport.FaultProxy, "answered 407 Proxy Authentication Required"},
		{403, transport.FaultProxy, "answered 403 Forbidden"},
		{502, transport.FaultConnection, "answered 502 Bad Gateway"},
		{503, transport.FaultConnection, "answered 503 Service Unavailable"},
	} {
		t.Run(fmt.Sprintf("refusal with %d", tc.status), func(t *testing.T) {
			t.Parallel()
			host := fmt.Sprintf("refused-%d.invalid", tc.status)
			_, err := newClient(t, transport.Options{}).Do(t.Context(), get(t, "https://"+host), nil)
			wantFault(t, err, host, tc.fault, "the proxy "+hostOf(proxy.Server)+" "+tc.detail)
		})
	}
	// These two are one after the other, because they share the proxy's counter.
	t.Run("tunnel", func(t *testing.T) { //nolint:paralleltest // See above.
		s := serveTLS(t, answer(http.StatusOK, "through"), nil)
		proxy.tunnel.Store(hostOf(s))
		c := newClient(t, transport.Options{TLS: transport.TLS{Insecure: true}})
		resp, err := c.Do(t.Context(), get(t, "https://service.invalid/"), nil)
		if err != nil || string(resp.Body) != "through" {
			t.Errorf("got %v, %v", resp, err)
		}
	})
	t.Run("NoProxy", func(t *testing.T) { //nolint:paralleltest // See above.
		before := proxy.connects.Load()
		_, err := newClient(t, transport.Options{NoProxy: true, Dial: dialWithNameServer(t, 3)}).
			Do(t.Context(), get(t, "https://refused-407.invalid/"), nil)
		wantFault(t, err, "refused-407.invalid", transport.FaultUnknownHost, "no such host")
		if got := proxy.connects.Load(); got != before {
			t.Errorf("the proxy was asked %d times", got-before)
		}
	})
}
