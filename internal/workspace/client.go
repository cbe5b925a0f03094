// Package workspace is the client of Huawei Cloud Workspace Application
// Streaming: it reads jobs and waits for them. How an answer is read stands in
// v1.go and v2.go, what it means in policy.go, when to look next in schedule.go, who looks
// in dispatch.go, and how a wait goes on in wait.go and poll.go.
package workspace

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Options configure a Client.
type Options struct {
	HTTP    *transport.Client
	Session *auth.Session
	// Endpoint is the service's URL, the part above /v1.
	Endpoint *url.URL
	// MaxRetries is how often a transient fault is tried again where no wait bounds
	// the read.
	MaxRetries int
	// RequestsPerMinute is this client's own limit for the job API; 0: none.
	RequestsPerMinute int
	// Version of the job API.
	Version Version
	Logger  transport.Logger
}

// Client reads the jobs of one provider configuration. It is safe for concurrent
// use.
type Client struct {
	http       *transport.Client
	session    *auth.Session
	endpoint   *url.URL
	maxRetries int
	budget     *budget
	api        spoken
	// reached: the service has answered.
	reached atomic.Bool
	log     transport.Logger

	mu          sync.Mutex
	polls       map[pollKey]*poll
	dispatchers map[string]*dispatcher // by project
}

// New returns a client. It does not touch the network.
func New(o Options) *Client {
	return &Client{
		http: o.HTTP, session: o.Session, endpoint: o.Endpoint, maxRetries: o.MaxRetries, log: o.Logger,
		budget: newBudget(o.RequestsPerMinute),
		api:    spoken{configured: o.Version},
		polls:  make(map[pollKey]*poll), dispatchers: make(map[string]*dispatcher),
	}
}

// maxID is the longest job or project id (API page of ShowJob: job_id 1 to 255).
const maxID = 255

// CheckID reports why a text cannot be the id of a job or a project: it must stay
// one segment of a path.
func CheckID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("it is empty")
	case len(id) > maxID:
		return fmt.Errorf("it is longer than %d characters", maxID)
	case id == "." || id == "..":
		return fmt.Errorf("it is %q, which is a folder in a URL", id)
	}
	if i := strings.IndexFunc(id, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`/\?#%`, r)
	}); i >= 0 {
		return fmt.Errorf("it holds white space, a control character, or one of / \\ ? # %%")
	}
	return nil
}

// look is one GET of a job.
type look struct {
	job    Job
	answer *transport.Response
}

// turn is a look's claim on the budget of requests.
type turn struct {
	due      time.Time
	patience time.Duration
	// sent is called before each request.
	sent func()
}

// isAnswer reports an outcome that only a server brings about, whatever it says.
func isAnswer(err error) bool {
	var (
		status  *transport.StatusError
		network *transport.NetworkError
	)
	return err == nil || errors.As(err, &status) || errors.As(err, &network) && network.Begun()
}

// get asks for a job once. An empty projectID is the session's default.
func (c *Client) get(ctx context.Context, version Version, jobID, projectID string, t turn) (look, error) {
	api := dialects[version]
	if projectID == "" {
		var err error
		if projectID, err = c.session.ProjectID(ctx); err != nil {
			return look{}, err
		}
	}
	resp, err := c.session.Do(ctx, projectID, func(signer transport.Signer) (*transport.Response, error) {
		place, err := c.budget.acquire(ctx, t.due, t.patience)
		if err != nil {
			return nil, err
		}
		t.sent()
		resp, err := c.http.Do(ctx, transport.Request{
			Method: http.MethodGet, URL: transport.At(c.endpoint, api.path(projectID, jobID)),
		}, signer)
		c.budget.release(place, err)
		if isAnswer(err) {
			c.reached.Store(true)
		}
		return resp, err
	})
	if err != nil {
		return look{}, err
	}
	job, err := api.decode(resp.Body, jobID)
	if err != nil {
		return look{}, &AnswerError{Host: c.endpoint.Host, Problem: err.Error(), RequestID: resp.RequestID}
	}
	job.ProjectID = projectID
	return look{job: job, answer: resp}, nil
}
