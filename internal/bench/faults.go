package bench

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

const (
	faultyJob    = "575768277444198400"
	faultyJobEnd = 120 * time.Second
	faultyWait   = time.Hour
	faultName    = "the fault"
)

// A trial is when a fault is there.
type trial struct {
	name, about string
	window
}

// window holds from a time on: until another one, or for so many requests.
type window struct {
	from, until time.Duration
	times       int
}

func (w window) holds(at time.Duration, served int) bool {
	return at >= w.from && (w.until == 0 || at < w.until) && (w.times == 0 || served < w.times)
}

const blip, outage, atFirst = "One blip", "An outage of a minute", "An outage from the first call on"

func trials() []trial {
	return []trial{
		{blip, "one faulty answer, the first after 30 s", window{from: 30 * time.Second, times: 1}},
		{outage, "from 30 s to 90 s", window{from: 30 * time.Second, until: 90 * time.Second}},
		{atFirst, "from the start to 60 s", window{until: 60 * time.Second}},
	}
}

// A fault is something that goes wrong on the way to a job or at the service.
type fault struct {
	name string
	// stops are the trials in which waiting on would be wrong.
	stops []string
	// answer is what the service does; problem is its body for an error.
	answer func(problem func(status int) string) simulator.Fault
	// Instead of an answer: dial fails, or the certificate is not to be trusted.
	dial      error
	untrusted bool
	resets    bool
}

func faults() []fault {
	always := []string{blip, outage, atFirst}
	retryAfter := map[string]string{"Retry-After": "7"}
	return []fault{
		{name: "connection reset", answer: as(simulator.Fault{Reset: true}), resets: true},
		{name: "EOF before the headers", answer: as(simulator.Fault{Close: true})},
		// Before the first answer the address may be a wrong one.
		{name: "unknown host", stops: []string{atFirst}, dial: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}},
		{name: "connection refused", stops: []string{atFirst}, dial: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		{name: "TLS: unknown authority", stops: always, untrusted: true},
		{name: "500", answer: status(http.StatusInternalServerError, nil)},
		{name: "502 with an HTML page", answer: as(simulator.Fault{Status: http.StatusBadGateway, Body: page})},
		{name: "503, Retry-After 7 s", answer: status(http.StatusServiceUnavailable, retryAfter)},
		{name: "429 without Retry-After", answer: status(http.StatusTooManyRequests, nil)},
		{name: "429, Retry-After 7 s", answer: status(http.StatusTooManyRequests, retryAfter)},
		{name: "429, Retry-After as a date", answer: status(http.StatusTooManyRequests, map[string]string{"Retry-After": inSevenSeconds})},
		{name: "body cut off", answer: as(simulator.Fault{Truncate: 20})},
		{name: "half a JSON document", answer: as(simulator.Fault{Body: `{"job":{"job_id":"` + faultyJob + `","job_st`})},
		{name: "200 with an HTML page", answer: as(simulator.Fault{Body: page})},
		{name: "body at a byte a minute", answer: as(simulator.Fault{Drip: simulator.Duration(time.Minute)})},
		{name: "unknown status 7", answer: as(simulator.Fault{Body: `{"job":{"job_id":"` + faultyJob + `","job_status":7}}`})},
		{name: "404", answer: status(http.StatusNotFound, nil)},
		{name: "403", stops: always, answer: status(http.StatusForbidden, nil)},
		// The fault stays with a fresh token, too, except in a blip.
		{name: "401: token expired", stops: []string{outage, atFirst}, answer: status(http.StatusUnauthorized, nil)},
		{name: "401: wrong keys", stops: always, answer: func(problem func(int) string) simulator.Fault {
			body := strings.Replace(problem(http.StatusUnauthorized), codes[http.StatusUnauthorized], "APIGW.0301", 1)
			return simulator.Fault{Status: http.StatusUnauthorized, Body: body}
		}},
	}
}

const page = "<html><body>Please log in.</body></html>"

func as(f simulator.Fault) func(func(int) string) simulator.Fault {
	return func(func(int) string) simulator.Fault { return f }
}

func status(code int, headers map[string]string) func(func(int) string) simulator.Fault {
	return func(problem func(int) string) simulator.Fault {
		return simulator.Fault{Status: code, Headers: headers, Body: problem(code)}
	}
}

var codes = map[int]string{
	http.StatusUnauthorized:        "APIGW.0307",
	http.StatusForbidden:           "APIGW.0302",
	http.StatusNotFound:            "WKS.00211902",
	http.StatusTooManyRequests:     "APIGW.0308",
	http.StatusInternalServerError: "WKS.00000500",
	http.StatusServiceUnavailable:  "WKS.00000503",
}

// ownProblem is an error body of the job API.
func ownProblem(status int) string {
	return fmt.Sprintf(`{"error_code":%q,"error_msg":"no"}`, codes[status])
}

// inSevenSeconds stands for an HTTP date that far in the future.
const inSevenSeconds = "in seven seconds"

// dated puts the date in.
type dated struct{ http.ResponseWriter }

func (d dated) WriteHeader(status int) {
	if h := d.Header(); h.Get("Retry-After") == inSevenSeconds {
		h.Set("Retry-After", time.Now().Add(7*time.Second).UTC().Format(http.TimeFormat))
	}
	d.ResponseWriter.WriteHeader(status)
}

func (d dated) Unwrap() http.ResponseWriter { return d.ResponseWriter }

// An outcome is what a stack made of one fault in one trial.
type outcome struct {
	at  time.Duration // from the start
	err error
	// served are the times at which the fault was met.
	served []time.Duration
}

func (o outcome) String() string {
	switch late := o.at - faultyJobEnd; {
	case o.err != nil:
		return fmt.Sprintf("gave up at %s", seconds(o.at))
	case late < 0:
		return fmt.Sprintf("wrong: success at %s", seconds(o.at))
	default:
		return "+" + seconds(late)
	}
}

func seconds(d time.Duration) string {
	if d >= 100*time.Second {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// face has a stack wait for a job of 120 s that begins with the wait.
func face(t *testing.T, s stack, f fault, w window) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		scenario := simulator.Scenario{
			Projects: []simulator.Project{{ID: projectID, Name: simulator.DefaultRegion}},
			Users:    []simulator.User{{Name: "user", Password: "a password", DomainName: "account"}},
			Tokens:   []simulator.Token{{Token: "a-token"}},
			Jobs: []simulator.Job{{ID: faultyJob, Phases: []simulator.Phase{
				{Status: simulator.StatusProcessing},
				{After: simulator.Duration(faultyJobEnd), Status: simulator.StatusSuccess},
			}}},
		}
		if f.answer != nil {
			problem := s.problem
			if problem == nil {
				problem = ownProblem
			}
			served := f.answer(problem)
			served.Name, served.On = faultName, simulator.OperationJob
			served.After, served.Until, served.Times = simulator.Duration(w.from), simulator.Duration(w.until), w.times
			scenario.Faults = []simulator.Fault{served}
		}
		service, err := simulator.New(scenario)
		if err != nil {
			t.Fatal(err)
		}

		n := newNetwork(start)
		at := site{
			endpoint: &url.URL{Scheme: "http", Host: host}, dial: n.dial, token: "a-token",
			credential:        auth.Password{UserName: "user", DomainName: "account", Password: "a password"},
			requestsPerMinute: 160, // The default.
		}
		n.resets = f.resets
		if f.dial != nil || f.untrusted {
			n.fault = &networkFault{window: w, dial: f.dial}
		}
		if f.untrusted {
			n.tls, at.roots, at.endpoint.Scheme = certificate().known, certificate().roots, "https"
		}
		n.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			service.ServeHTTP(dated{w}, r)
		}))

		o.err = s.open(at)(t.Context(), faultyJob, faultyWait)
		o.at = time.Since(start)
		o.served = n.served
		for _, r := range service.Requests() {
			if r.Fault == faultName {
				o.served = append(o.served, r.Time.Sub(start))
			}
		}
	})
	return o
}

// The provider's limits: how soon after the end it must see it, and how
// soon after the first fault it must stop.
const (
	survivedWithin = 10 * time.Second
	survivedAtAll  = 3 * time.Minute
	stoppedWithin  = 3 * time.Second
	// An address that nobody answers at is tried for a while.
	unreachableWithin = 8 * time.Second
)

// survived says that a stack, whatever its schedule, has seen the end.
func (o outcome) survived() bool {
	late := o.at - faultyJobEnd
	return o.err == nil && late >= 0 && late <= survivedAtAll
}

// judge says what is wrong with an outcome of the provider's; empty: nothing.
func (f fault) judge(trial string, o outcome) string {
	late := o.at - faultyJobEnd
	if !slices.Contains(f.stops, trial) {
		if o.err != nil || late < 0 || late > survivedWithin+roundTrip {
			return fmt.Sprintf("%s; it should have seen the end within %s", o, survivedWithin)
		}
		return ""
	}
	limit := stoppedWithin
	if f.dial != nil {
		limit = unreachableWithin
	}
	if took := o.at - o.served[0]; o.err == nil || took > limit {
		return fmt.Sprintf("%s, %s after the first fault; it should have given up within %s", o, took, limit)
	}
	return ""
}

// matrix holds the outcomes by trial, fault and stack.
type matrix map[[3]string]outcome

// tries is how often a stack is sent again through a trial whose fault it did not
// meet, because it happened to sleep.
const tries = 20

func measureFaults(t *testing.T) matrix {
	var (
		m  = make(matrix)
		mu sync.Mutex
	)
	t.Run("faults", func(t *testing.T) {
		for _, tr := range trials() {
			for _, f := range faults() {
				for _, s := range matrixStacks() {
					t.Run(fmt.Sprintf("%s/%s/%s", tr.name, f.name, s.name), func(t *testing.T) {
						t.Parallel()
						var o outcome
						for range tries {
							if o = face(t, s, f, tr.window); len(o.served) > 0 {
								break
							}
						}
						if len(o.served) == 0 {
							t.Fatal("the fault was not met")
						}
						mu.Lock()
						defer mu.Unlock()
						m[[3]string{tr.name, f.name, s.name}] = o
						if s.name == ourName {
							if problem := f.judge(tr.name, o); problem != "" {
								t.Errorf("%s (error: %v)", problem, o.err)
							}
						}
					})
				}
			}
		}
	})
	return m
}

// matrixStacks leaves out those that differ in their schedule only.
func matrixStacks() []stack {
	return slices.DeleteFunc(stacks(), func(s stack) bool { return s.scheduleOnly })
}
