// Package transport carries single HTTP exchanges to the service and to IAM:
// TLS, proxy, time-outs, limits, redaction and typed errors. It takes a Signer
// and knows no credential; it never retries, because only the caller knows what
// an answer means.
package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// Timeout bounds one exchange, from dialling to the last byte of the body.
	// The gateway cuts its back end off after 30 s (API page of ShowJob), so a
	// longer wait brings nothing.
	Timeout = 35 * time.Second

	// MaxBody bounds an answer, counted after decompression: room for a job with
	// thousands of sub-jobs, and the end of a gzip bomb.
	MaxBody = 4 << 20

	// promisedBody is how far an announced length is believed beforehand.
	promisedBody = 64 << 10

	// Connections is how many connections to one host are kept: one for each
	// exchange that callers may have in flight.
	Connections = 16

	dialTimeout = 10 * time.Second
	pingTimeout = 15 * time.Second
)

// A Signer adds to a request what proves the caller's identity. It is called for
// each attempt, so that dates and signatures are fresh. Signers are comparable:
// two that are equal sign alike.
type Signer interface {
	Sign(req *http.Request, body []byte) error
}

// Logger takes one line for each exchange. Fields come from an allow-list and
// hold no bodies, queries or headers.
type Logger interface {
	Debug(ctx context.Context, message string, fields map[string]any)
	Info(ctx context.Context, message string, fields map[string]any)
	Warn(ctx context.Context, message string, fields map[string]any)
}

// Options configure a Client.
type Options struct {
	// UserAgent names program and version.
	UserAgent string
	// TLS says whom to trust.
	TLS TLS
	// Secrets are kept out of every error and log line.
	Secrets *Secrets
	// Logger takes a line for each exchange.
	Logger Logger
	// Dial replaces the dialler; nil: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// NoProxy ignores the proxy variables of the environment.
	NoProxy bool
	// RoundTripper replaces the connections altogether, for simulations of many
	// jobs; nil: connections of this client's own.
	RoundTripper http.RoundTripper
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	timeout   time.Duration
	userAgent string
	secrets   *Secrets
	log       Logger
}

// New returns a client. It does not touch the network.
func New(o Options) *Client {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	tr := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSClientConfig:        o.TLS.config(),
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2 * Connections,
		MaxIdleConnsPerHost:    Connections,
		MaxConnsPerHost:        Connections,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingTimeout, PingTimeout: pingTimeout},
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
			if res.StatusCode == http.StatusOK {
				return nil
			}
			return &proxyError{host: proxy.Host, status: res.StatusCode}
		},
	}
	if o.NoProxy {
		tr.Proxy = nil
	}
	var carrier http.RoundTripper = tr
	if o.RoundTripper != nil {
		carrier = o.RoundTripper
	}
	return &Client{
		http: &http.Client{
			Transport: carrier,
			// Go forwards X-Auth-Token and X-Security-Token to the new host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout:   Timeout,
		userAgent: o.UserAgent,
		secrets:   o.Secrets,
		log:       o.Logger,
	}
}

// Direct returns a client that goes past any proxy and gives up sooner.
func (c *Client) Direct(timeout time.Duration) *Client {
	direct := *c
	direct.timeout = timeout
	if tr, ok := c.http.Transport.(*http.Transport); ok {
		tr = tr.Clone()
		tr.Proxy = nil
		direct.http = &http.Client{Transport: tr, CheckRedirect: c.http.CheckRedirect}
	}
	return &direct
}

// CloseIdleConnections closes the connections that are not in use.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Request is one HTTP request. Its body is JSON, or empty.
type Request struct {
	Method string
	// URL goes on the wire as it is: see At.
	URL    *url.URL
	Header http.Header
	Body   []byte
}

// Response is a whole answer with a status below 300.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte
	RequestID string
	// Elapsed is the time from sending to the body's last byte.
	Elapsed time.Duration
}

// Date is the server's clock; zero where the answer does not tell.
func (r *Response) Date() time.Time {
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// Do sends one request and reads the whole answer within Timeout. Its error is
// ctx's own, a *NetworkError where no whole answer came, or a *StatusError for
// any answer of 300 and above. signer may be nil.
func (c *Client) Do(ctx context.Context, r Request, signer Signer) (*Response, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, r.Method, "", bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("building a request: %w", err)
	}
	req.URL = r.URL
	for name, values := range r.Header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if len(r.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if signer != nil {
		if err := signer.Sign(req, r.Body); err != nil {
			return nil, fmt.Errorf("signing a request: %w", err)
		}
	}

	start := time.Now()
	resp, err := c.exchange(req)
	took := time.Since(start)
	if ended := ctx.Err(); ended != nil && err != nil {
		return nil, ended
	}
	if err != nil {
		failed := c.networkError(r.URL.Host, err)
		c.debug(ctx, "no answer", r, took, func(fields map[string]any) { fields["fault"] = string(failed.Fault) })
		return nil, failed
	}
	resp.Elapsed = took
	c.debug(ctx, "answer", r, took, func(fields map[string]any) {
		fields["status"], fields["bytes"], fields["request_id"] = resp.Status, len(resp.Body), resp.RequestID
	})
	if resp.Status >= http.StatusMultipleChoices {
		return nil, c.statusError(r, resp)
	}
	return resp, nil
}

func (c *Client) exchange(req *http.Request) (*Response, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // The body has been read, or is given up.
	var body bytes.Buffer
	body.Grow(bytes.MinRead + int(min(max(res.ContentLength, 0), promisedBody)))
	if _, err := body.ReadFrom(io.LimitReader(res.Body, MaxBody+1)); err != nil {
		return nil, &bodyError{err}
	}
	if body.Len() > MaxBody {
		return nil, errTooLarge
	}
	return &Response{
		Status: res.StatusCode, Header: res.Header, Body: body.Bytes(),
		RequestID: c.clean(requestID(res.Header), 128),
	}, nil
}

// requestID finds the id that the gateway and IAM give under different names.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); id != "" {
		return id
	}
	return h.Get("X-Iam-Trace-Id")
}

// debug writes the line of an exchange. Its fields are an allow-list.
func (c *Client) debug(ctx context.Context, message string, r Request, took time.Duration, add func(fields map[string]any)) {
	if c.log == nil {
		return
	}
	fields := map[string]any{
		"method": r.Method, "host": r.URL.Host, "path": r.URL.Path, "duration_ms": took.Milliseconds(),
	}
	add(fields)
	c.log.Debug(ctx, message, fields)
}

func (c *Client) clean(text string, limit int) string {
	return Clean(c.secrets.Mask(text), limit)
}

var errTooLarge = fmt.Errorf("the body is larger than %d MiB", MaxBody>>20)

type bodyError struct{ error }

func (e *bodyError) Unwrap() error { return e.error }

type proxyError struct {
	host   string
	status int
}

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered %d %s", e.host, e.status, http.StatusText(e.status))
}

// fault sorts what net, tls and http report.
func fault(err error) Fault {
	var (
		dns    *net.DNSError
		proxy  *proxyError
		cut    *bodyError
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		timed  interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, errTooLarge):
		return FaultTooLarge
	case errors.As(err, &proxy):
		if proxy.status >= http.StatusInternalServerError {
			return FaultConnection
		}
		return FaultProxy
	case errors.As(err, &cert), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch),
		!errors.As(err, &cut) && isNoHandshake(err):
		return FaultTLS
	case errors.As(err, &dns) && !dns.IsTimeout:
		return FaultUnknownHost
	case isRefused(err):
		return FaultRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return FaultTimeout
	case errors.As(err, &cut):
		return FaultBody
	}
	return FaultConnection
}

// noHandshake are the alerts of a server that shares no version, cipher or name
// with this client (RFC 8446, section 6.2), and would not the next time either.
var noHandshake = []tls.AlertError{40, 42, 43, 46, 48, 70, 71, 112, 116, 120}

// isNoHandshake reports that both sides cannot agree on TLS. Package tls has no
// exported type for alerts outside QUIC, nor for what it refuses itself.
func isNoHandshake(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return slices.ContainsFunc(noHandshake, func(alert tls.AlertError) bool { return op.Err.Error() == alert.Error() })
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}
