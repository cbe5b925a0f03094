package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

const (
	region       = "cn-north-4"
	project      = "29dfe82ada564ac2b927e1ff036d9a9b"
	otherProject = "38efe82ada564ac2b927e1ff036d9aaa"
	jobID        = "575768277444198400"

	goodToken    = "token-0123456789abcdef"
	accessKey    = "ACCESSKEY0123456789"
	secretKey    = "secret-key-0123456789"
	tempAccess   = "TEMPACCESS0123456789"
	tempSecret   = "temp-secret-0123456789"
	tempSecurity = "security-token-0123456789"
	password     = `pass"word<&>0123456789`
)

var (
	goodKey      = auth.AccessKey{Access: accessKey, Secret: secretKey}
	temporaryKey = auth.AccessKey{Access: tempAccess, Secret: tempSecret, SecurityToken: tempSecurity}
	goodUser     = auth.Password{UserName: "reader", DomainName: "account", Password: password}
)

// scenario is a service that knows the credentials above, two projects, and one
// job in each.
func scenario() simulator.Scenario {
	done := []simulator.Phase{{Status: simulator.StatusSuccess}}
	return simulator.Scenario{
		Region:   region,
		Projects: []simulator.Project{{ID: project, Name: region}, {ID: otherProject, Name: region + "_other"}},
		Users:    []simulator.User{{Name: "reader", ID: "reader-id", DomainName: "account", DomainID: "account-id", Password: password}},
		AccessKeys: []simulator.AccessKey{
			{Access: accessKey, Secret: secretKey},
			{Access: tempAccess, Secret: tempSecret, SecurityToken: tempSecurity},
		},
		Tokens: []simulator.Token{{Token: goodToken, ProjectID: project}},
		Jobs: []simulator.Job{
			{ID: jobID, ProjectID: project, Phases: done},
			{ID: jobID, ProjectID: otherProject, Phases: done},
		},
	}
}

// world is a session, and the service that it talks to in memory, so that a test
// can run it in virtual time.
type world struct {
	*simulator.Simulator

	session *auth.Session
	secrets *transport.Secrets
	client  *transport.Client
	log     lines

	mu   sync.Mutex
	seen []*http.Request // as sent, their bodies included
}

// newWorld makes a world of a scenario. The session's default project is found by
// the region's name, unless change says otherwise.
func newWorld(t *testing.T, s simulator.Scenario, c auth.Credential, change ...func(*auth.Config)) *world {
	t.Helper()
	sim, err := simulator.New(s)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Simulator: sim, secrets: &transport.Secrets{}}
	w.client = transport.New(transport.Options{RoundTripper: w, Secrets: w.secrets, Logger: &w.log})
	config := auth.Config{
		Credential:  c,
		IAM:         &url.URL{Scheme: "https", Host: "iam.invalid"},
		ProjectName: region,
	}
	for _, f := range change {
		f(&config)
	}
	w.session = auth.NewSession(w.client, w.secrets, config)
	return w
}

func withProject(id string) func(*auth.Config) { return func(c *auth.Config) { c.ProjectID = id } }

// RoundTrip has the simulator answer.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	kept := r.Clone(r.Context())
	kept.Body = io.NopCloser(strings.NewReader(string(body)))
	w.mu.Lock()
	w.seen = append(w.seen, kept)
	w.mu.Unlock()
	served := r.Clone(r.Context())
	served.Body = io.NopCloser(strings.NewReader(string(body)))
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, served)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// get asks for the job of a project as the client of the service does.
func (w *world) get(ctx context.Context, projectID string) error {
	_, err := w.session.Do(ctx, projectID, func(signer transport.Signer) (*transport.Response, error) {
		u := &url.URL{Scheme: "https", Host: "service.invalid", Path: "/v1/" + projectID + "/job/" + jobID}
		return w.client.Do(ctx, transport.Request{Method: http.MethodGet, URL: u}, signer)
	})
	return err
}

// read asks for the job of the default project.
func (w *world) read(ctx context.Context) error {
	id, err := w.session.ProjectID(ctx)
	if err != nil {
		return err
	}
	return w.get(ctx, id)
}

// wantCounts checks how many requests there were so far: of tokens, of projects,
// of jobs.
func (w *world) wantCounts(t *testing.T, when string, tokens, projects, jobs int) {
	t.Helper()
	got := [3]int{
		w.Count(simulator.OperationToken), w.Count(simulator.OperationProjects), w.Count(simulator.OperationJob),
	}
	if got != [3]int{tokens, projects, jobs} || w.Count("") != tokens+projects+jobs {
		t.Errorf("%s: got %d requests, of tokens, projects and jobs %v, want %v", when, w.Count(""), got, [3]int{tokens, projects, jobs})
	}
}

// times calls f n times at once and returns the errors.
func times(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errs
}

// wantRefused checks that all errors say that a credential was refused.
func wantRefused(t *testing.T, kind auth.Kind, code string, errs ...error) {
	t.Helper()
	for i, err := range errs {
		var refused *auth.RefusedError
		if !errors.As(err, &refused) {
			t.Fatalf("reader %d got %T %v, want a RefusedError", i, err, err)
		}
		if refused.Kind != kind || refused.Answer == nil || refused.Answer.Status != http.StatusUnauthorized || refused.Answer.Code != code {
			t.Errorf("reader %d got %+v, %+v", i, refused, refused.Answer)
		}
	}
}

func wantNone(t *testing.T, errs ...error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Errorf("reader %d: %v", i, err)
		}
	}
}

// lines keeps what was logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) add(message string, fields map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(&l.text, message, fields)
}

func (l *lines) Debug(_ context.Context, m string, f map[string]any) { l.add(m, f) }
func (l *lines) Info(_ context.Context, m string, f map[string]any)  { l.add(m, f) }
func (l *lines) Warn(_ context.Context, m string, f map[string]any)  { l.add(m, f) }

func seconds(n int) simulator.Duration { return simulator.Duration(time.Duration(n) * time.Second) }
