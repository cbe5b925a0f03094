package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxRequestBody is far above any request that the served APIs know.
const maxRequestBody = 1 << 20

// Simulator is the service, IAM, STS and metadata on one address, as an
// [http.Handler]. It is safe for concurrent use.
type Simulator struct {
	scenario Scenario
	started  time.Time
	routes   []route
	// stop, when not nil, ends all waiting requests once it is closed.
	stop <-chan struct{}

	mu      sync.Mutex
	counter uint64
	records []*Request
	observe func(Request)
	jobs    map[jobKey]*jobState
	faults  []*faultState
	tokens  map[string]*tokenState
	issued  int
	keys    map[string]*keyState
	// issuedKeys counts the temporary keys that were given out.
	issuedKeys int
	users      []*userState
	window     throttleWindow
	// retired are the versions of the job API that have been taken away.
	retired map[string]bool
	// metadataTokens has the ends of the metadata tokens.
	metadataTokens map[string]time.Time
}

// New checks a scenario and starts its clock. Its errors name all fields that
// are wrong.
func New(scenario Scenario) (*Simulator, error) {
	scenario, err := scenario.complete()
	if err != nil {
		return nil, fmt.Errorf("the scenario cannot be used: %w", err)
	}
	s := &Simulator{
		scenario: scenario,
		started:  time.Now(),
		jobs:     map[jobKey]*jobState{},
		tokens:   map[string]*tokenState{},
		keys:     map[string]*keyState{},
		retired:  map[string]bool{},

		metadataTokens: map[string]time.Time{},
	}
	s.routes = slices.Concat(s.jobV1Routes(), s.jobV2Routes(), s.iamRoutes(), s.stsRoutes(), s.metadataRoutes())
	for _, version := range scenario.Retired {
		if err := s.Retire(version); err != nil {
			return nil, err
		}
	}
	s.loadCredentials()
	for i, job := range scenario.Jobs {
		if err := s.AddJob(job); err != nil {
			return nil, fmt.Errorf("the scenario cannot be used: jobs[%d]: %w", i, err)
		}
	}
	for _, fault := range scenario.Faults {
		s.AddFault(fault)
	}
	return s, nil
}

// exchange is one request on its way to an answer.
type exchange struct {
	request *http.Request
	body    []byte
	params  map[string]string
	route   *route
	record  *Request
	// account is the account of the credential, once that has been checked.
	account string
}

// ServeHTTP serves the job API, IAM, STS, metadata, and the control addresses
// under /simulator/.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.serveControl(w, r) {
		return
	}
	x := s.open(r)
	defer s.finish(x)

	if r.Body == nil {
		// A client's request that is served without a server in between.
		r.Body = http.NoBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		s.send(r.Context(), w, x, x.gatewayError(http.StatusRequestEntityTooLarge, "APIGW.0201", "Bad request: the body cannot be read"), Fault{})
		return
	}
	x.body = body

	fault := s.takeFault(x)
	if !s.pause(r.Context(), time.Duration(fault.Delay)) {
		abandon(w)
		return
	}
	switch {
	case fault.Hang:
		s.untilGone(r.Context())
		abandon(w)
	case fault.Reset, fault.Close:
		s.cutConnection(r.Context(), w, x, fault.Reset)
	case fault.answers():
		s.send(r.Context(), w, x, fault.reply(), fault)
	default:
		s.send(r.Context(), w, x, s.answer(x), fault)
	}
}

// answer is what the service says when nothing goes wrong on the way.
func (s *Simulator) answer(x *exchange) reply {
	if x.route == nil {
		return x.noSuchAPI()
	}
	if s.isRetired(x.route.version) {
		return s.retiredReply(x)
	}
	if x.request.Method != x.route.method {
		return x.route.methodNotAllowed()
	}
	return x.route.serve(x)
}

func (s *Simulator) open(r *http.Request) *exchange {
	x := &exchange{request: r}
	x.route, x.params = s.match(r.URL.EscapedPath())
	operation := OperationUnknown
	if x.route != nil {
		operation = x.route.operation
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.counter++
	x.record = &Request{
		Time:      time.Now(),
		RequestID: fmt.Sprintf("%032x", s.counter),
		Operation: operation,
		Method:    r.Method,
		Path:      r.URL.EscapedPath(),
		ProjectID: x.params["project_id"],
		JobID:     x.params["job_id"],
	}
	s.records = append(s.records, x.record)
	s.startJobClock(jobKey{x.record.ProjectID, x.record.JobID})
	return x
}

func (s *Simulator) finish(x *exchange) {
	s.mu.Lock()
	observe, record := s.observe, *x.record
	s.mu.Unlock()
	if observe != nil {
		observe(record)
	}
}

// note changes the record of a request under way.
func (s *Simulator) note(x *exchange, change func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(x.record)
}

// serverTime is the time by the server's clock.
func (s *Simulator) serverTime(t time.Time) time.Time {
	return t.Add(time.Duration(s.scenario.ClockSkew)).UTC()
}

// pause waits and tells whether the request is still there afterwards.
func (s *Simulator) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.stop:
		return false
	}
}

func (s *Simulator) untilGone(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.stop:
	}
}
