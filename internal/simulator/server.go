package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Server is a simulator that listens on a loopback address.
type Server struct {
	*Simulator
	// URL is the address, without a slash at the end: "http://127.0.0.1:38211".
	URL string

	http     *http.Server
	stopping func()
	// open counts what Close waits for: the goroutine that accepts, connections
	// and handlers.
	open sync.WaitGroup
}

// Start serves a scenario on a free port of 127.0.0.1.
func Start(scenario Scenario) (*Server, error) {
	return StartAt("127.0.0.1:0", scenario)
}

// StartAt serves a scenario on a loopback address, "host:port". Others are
// refused: a simulator's credentials are no secret.
func StartAt(address string, scenario Scenario) (*Server, error) {
	loopback, err := loopbackAddress(address)
	if err != nil {
		return nil, err
	}
	simulator, err := New(scenario)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", loopback)
	if err != nil {
		return nil, fmt.Errorf("the simulator cannot listen on %s; choose another port, or 0 for a free one: %w", address, err)
	}

	stop := make(chan struct{})
	simulator.stop = stop
	s := &Server{
		Simulator: simulator,
		URL:       "http://" + listener.Addr().String(),
		stopping:  sync.OnceFunc(func() { close(stop) }),
	}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ConnState:         s.connState,
	}
	s.open.Go(func() {
		// It returns when the server is closed, and has nothing else to report.
		_ = s.http.Serve(listener)
	})
	return s, nil
}

// serve counts handlers besides connections: one that has taken its connection
// over goes on without it. The connection still counts when it begins.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.open.Add(1)
	defer s.open.Done()
	s.ServeHTTP(w, r)
}

// connState lets Close wait for connections: each is new once, and closed or
// hijacked once.
func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Done()
	case http.StateActive, http.StateIdle:
	}
}

// Close ends all requests, also those that hang, and returns when nothing of the
// server runs any more.
func (s *Server) Close() error {
	s.stopping()
	err := s.http.Close()
	s.open.Wait()
	if err != nil {
		return fmt.Errorf("closing the simulator: %w", err)
	}
	return nil
}

// Shutdown lets requests that are being answered end until ctx does, then closes
// the server. Requests that hang or are delayed end at once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopping()
	if err := s.http.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fmt.Errorf("stopping the simulator: %w", err), s.Close())
	}
	return s.Close()
}

func loopbackAddress(address string) (*net.TCPAddr, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the address %q to listen on is not host:port, such as 127.0.0.1:0: %w", address, err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the simulator listens on loopback addresses only, and %q is none; use 127.0.0.1:PORT or [::1]:PORT", host)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port %q is not a number up to 65535; 0 is a free one", portText)
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))), nil
}
