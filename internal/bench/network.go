package bench

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// host is the service's name in the fault matrix.
const host = "service.invalid"

// network is one in memory, in which the faults below HTTP happen. Each request
// gets a connection of its own, so that each fault reaches its caller: on a
// connection that was used before, Go's client repeats some requests by itself.
type network struct {
	start  time.Time
	conns  chan net.Conn
	closed chan struct{}
	fault  *networkFault
	// tls is the service's certificate; nil: plain HTTP.
	tls *tls.Config
	// resets says that a connection which ends without a word was reset.
	resets bool

	mu     sync.Mutex
	served []time.Duration
}

// networkFault is one that no server takes part in.
type networkFault struct {
	window

	// dial is what a connection fails with; nil: the server presents a certificate
	// of an authority that nobody knows.
	dial error
}

func newNetwork(start time.Time) *network {
	return &network{start: start, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) serve(t *testing.T, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour, ErrorLog: log.New(io.Discard, "", 0)}
	server.SetKeepAlivesEnabled(false)
	go func() { _ = server.Serve(n) }()
	t.Cleanup(func() { _ = server.Close() })
}

// dial takes a round trip.
func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := pause(ctx, roundTrip); err != nil {
		return nil, err
	}
	faulty := n.takeFault()
	if faulty && n.fault.dial != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: n.fault.dial}
	}
	client, end := net.Pipe()
	server := newBuffered(end)
	switch {
	case faulty:
		server = tls.Server(server, certificate().unknown)
	case n.tls != nil:
		server = tls.Server(server, n.tls)
	}
	select {
	case n.conns <- server:
		return &conn{Conn: client, resets: n.resets}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *network) takeFault() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := time.Since(n.start)
	if n.fault == nil || !n.fault.holds(at, len(n.served)) {
		return false
	}
	n.served = append(n.served, at)
	return true
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { close(n.closed); return nil }
func (n *network) Addr() net.Addr { return &net.IPAddr{} }

// conn is the client's end of a connection. Pipes know no reset; a server that
// wants one shows it by closing without a word.
type conn struct {
	net.Conn
	heard, resets bool
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.heard = c.heard || n > 0
	if c.resets && !c.heard && errors.Is(err, io.EOF) {
		err = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return n, err
}

// buffered takes what is written before the other end reads it, as sockets do and
// pipes do not: both ends of a TLS handshake may write at once.
type buffered struct {
	net.Conn

	mu     sync.Mutex
	out    chan []byte
	closed bool
}

func newBuffered(c net.Conn) net.Conn {
	b := &buffered{Conn: c, out: make(chan []byte, 64)}
	go func() {
		defer c.Close() //nolint:errcheck // A pipe's does not fail.
		for p := range b.out {
			// After an error the rest is thrown away.
			_, _ = c.Write(p)
		}
	}()
	return b
}

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, net.ErrClosed
	}
	b.out <- bytes.Clone(p)
	return len(p), nil
}

// Close lets what has been written go out first.
func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(b.out)
	}
	return nil
}

type certificates struct {
	known, unknown *tls.Config
	roots          *x509.CertPool
}

var certificate = sync.OnceValue(func() certificates {
	good, bad := selfSigned(), selfSigned()
	roots := x509.NewCertPool()
	roots.AddCert(good.Leaf)
	return certificates{
		known: &tls.Config{Certificates: []tls.Certificate{good}}, unknown: &tls.Config{Certificates: []tls.Certificate{bad}},
		roots: roots,
	}
})

func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		// Virtual time begins with the year 2000.
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
