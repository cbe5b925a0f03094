package workspace_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const (
	project  = "29dfe82ada564ac2b927e1ff036d9a9b"
	token    = "a-token-of-the-test"
	password = "a-password-of-the-test"
	jobID    = "575768277444198400"
)

// pipes is a network in memory, so that whole waits run in virtual time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	// fail, when it returns an error, is what dialling gives.
	fail func() error

	mu   sync.Mutex
	open []net.Conn
}

// drop ends all connections, so that the next request dials.
func (p *pipes) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
}

func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.fail != nil {
		if err := p.fail(); err != nil {
			return nil, err
		}
	}
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open = append(p.open, server)
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closed:
		// net/http goes on dialling for a request that has been given up.
		return nil, os.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, io.EOF
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }

// bubble is a client and the simulated service inside one synctest bubble.
type bubble struct {
	*simulator.Simulator
	client *workspace.Client
	net    *pipes
	start  time.Time
}

func newBubble(t *testing.T, scenario simulator.Scenario, change func(*settings)) *bubble {
	t.Helper()
	scenario.Projects = append(scenario.Projects, simulator.Project{ID: project, Name: "cn-north-4"})
	scenario.Tokens = []simulator.Token{{Token: token}}
	scenario.Users = []simulator.User{{Name: "reader", Password: password, DomainName: "account"}}
	sim, err := simulator.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: time.Hour}
	go func() { _ = server.Serve(network) }()

	secrets := &transport.Secrets{}
	carrier := transport.New(transport.Options{Dial: network.Dial, Secrets: secrets})
	t.Cleanup(func() {
		carrier.CloseIdleConnections()
		_ = server.Close()
	})
	iam := &url.URL{Scheme: "http", Host: "service.invalid"}
	s := settings{
		Options:    workspace.Options{HTTP: carrier, Endpoint: iam, MaxRetries: 5},
		credential: auth.Token{Value: token},
	}
	if change != nil {
		change(&s)
	}
	s.Session = auth.NewSession(carrier, secrets, auth.Config{
		Credential: s.credential, ProjectID: project, IAM: iam,
	})
	return &bubble{Simulator: sim, client: workspace.New(s.Options), net: network, start: time.Now()}
}

// settings are what a test may change of the client.
type settings struct {
	workspace.Options

	credential auth.Credential
}

// signedInBy gives the client another credential.
func signedInBy(credential auth.Credential) func(*settings) {
	return func(s *settings) { s.credential = credential }
}

// job is a job with the given phases.
func job(phases ...simulator.Phase) simulator.Scenario {
	return simulator.Scenario{Jobs: []simulator.Job{{ID: jobID, Phases: phases}}}
}

// at is a phase that begins after d.
func at(d time.Duration, status int, subJobs ...simulator.SubJob) simulator.Phase {
	return simulator.Phase{After: simulator.Duration(d), Status: status, SubJobs: subJobs}
}

func sub(id string, status int) simulator.SubJob { return simulator.SubJob{ID: id, Status: status} }
