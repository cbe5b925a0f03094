package workspace_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const (
	project = "29dfe82ada564ac2b927e1ff036d9a9b"
	token   = "a-token-of-the-test"
	jobID   = "575768277444198400"
)

// pipes is a network in memory, so that whole waits run in virtual time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	// fail, when it returns an error, is what dialling gives.
	fail func() error
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
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
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

func newBubble(t *testing.T, scenario simulator.Scenario, change func(*workspace.Options)) *bubble {
	t.Helper()
	scenario.Projects = []simulator.Project{{ID: project, Name: "cn-north-4"}}
	scenario.Tokens = []simulator.Token{{Token: token}}
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
	options := workspace.Options{
		HTTP: carrier,
		Session: auth.NewSession(carrier, secrets, auth.Config{
			Credential: auth.Token{Value: token}, ProjectID: project, IAM: iam,
		}),
		Endpoint: iam, MaxRetries: 5,
	}
	if change != nil {
		change(&options)
	}
	return &bubble{Simulator: sim, client: workspace.New(options), net: network, start: time.Now()}
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
