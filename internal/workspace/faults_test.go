package workspace_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// disturbance is a fault of the service, or of the way to it.
type disturbance struct {
	fault simulator.Fault
	dial  error // in place of a connection
	// atFirst: a wait whose first calls meet it ends early, as DESIGN wants.
	atFirst bool
}

var throttleBody = `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached: ` +
	`policy user over ratelimit,limit:200,time:1 minute","request_id":"x"}`

// disturbances are the faults that a wait survives.
var disturbances = map[string]disturbance{
	"connection reset":        {fault: simulator.Fault{Reset: true}},
	"EOF before the header":   {fault: simulator.Fault{Close: true}},
	"unknown host":            {dial: &net.DNSError{Err: "no such host", IsNotFound: true}, atFirst: true},
	"name server out of time": {dial: &net.DNSError{Err: "i/o timeout", IsTimeout: true}},
	"refused": {
		dial: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, atFirst: true,
	},
	"408":                    {fault: simulator.Fault{Status: http.StatusRequestTimeout}},
	"500":                    {fault: simulator.Fault{Status: http.StatusInternalServerError, Body: `{"error_code":"WKS.00211401"}`}},
	"502 with HTML":          {fault: simulator.Fault{Status: http.StatusBadGateway, Body: "<html>"}},
	"503":                    {fault: simulator.Fault{Status: http.StatusServiceUnavailable}},
	"503 with Retry-After":   {fault: simulator.Fault{Status: http.StatusServiceUnavailable, Headers: map[string]string{"Retry-After": "7"}}},
	"504":                    {fault: simulator.Fault{Status: http.StatusGatewayTimeout, Body: `{"error_code":"APIGW.0201"}`}},
	"429":                    {fault: simulator.Fault{Status: http.StatusTooManyRequests, Body: `{"error_code":"APIGW.0308"}`}},
	"429 that tells a limit": {fault: simulator.Fault{Status: http.StatusTooManyRequests, Body: throttleBody}},
	"429 with Retry-After":   {fault: simulator.Fault{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "7"}}},
	"429 with a date": {fault: simulator.Fault{
		// The bubble's clock starts with the year 2000.
		Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "Sat, 01 Jan 2000 00:00:37 GMT"},
	}},
	"body cut short":              {fault: simulator.Fault{Truncate: 25}},
	"half a JSON text":            {fault: simulator.Fault{Body: `{"job":{"job_id":"57`}},
	"200 with HTML":               {fault: simulator.Fault{Body: "<html>Sign in to the network</html>"}},
	"another job":                 {fault: simulator.Fault{Body: `{"job":{"job_id":"1","job_status":1}}`}},
	"a byte a minute":             {fault: simulator.Fault{Drip: simulator.Duration(time.Minute)}},
	"no answer":                   {fault: simulator.Fault{Hang: true}},
	"body too large":              {fault: simulator.Fault{Oversize: transport.MaxBody + 1}},
	"an unknown status":           {fault: simulator.Fault{Body: `{"job":{"job_id":"` + jobID + `","job_status":7}}`}},
	"the job is not found":        {fault: simulator.Fault{Status: http.StatusNotFound, Body: `{"error_code":"WKS.00211902"}`}},
	"the token has expired early": {fault: simulator.Fault{Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0307"}`, Times: 1}},
}

// meet lets the disturbance strike from one moment to another, or once. The
// count of strikes is returned for afterwards.
func (b *bubble) meet(d disturbance, from, until time.Duration) (served func() int) {
	if d.dial == nil {
		f := d.fault
		f.Name, f.On, f.After = "the disturbance", simulator.OperationJob, simulator.Duration(from)
		if until == 0 {
			f.Times = 1
		} else {
			f.Until = simulator.Duration(until)
		}
		b.AddFault(f)
		return func() int {
			count := 0
			for _, r := range b.Requests() {
				if r.Fault == f.Name {
					count++
				}
			}
			return count
		}
	}
	var struck atomic.Int64 // net/http may dial on for a request that was given up.
	b.net.fail = func() error {
		at := time.Since(b.start)
		if at < from || until == 0 && struck.Load() > 0 || until > 0 && at >= until {
			return nil
		}
		struck.Add(1)
		return d.dial
	}
	time.AfterFunc(from, b.net.drop)
	return func() int { return int(struck.Load()) }
}

// TestDisturbancesAreSurvived: one blip, and an outage of a minute, in the middle
// of a wait and from its first call on. The end is seen within ten seconds.
func TestDisturbancesAreSurvived(t *testing.T) {
	t.Parallel()
	const ends = 120 * time.Second
	for name, d := range disturbances {
		for span, window := range map[string][2]time.Duration{
			"blip":                {30 * time.Second, 0},
			"outage":              {30 * time.Second, 90 * time.Second},
			"outage at the start": {0, time.Minute},
		} {
			if span == "outage at the start" && d.atFirst {
				continue // TestUnreachableAtFirst has these.
			}
			t.Run(name+", "+span, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBubble(t, job(at(0, processing), at(ends, success)), signedInBy(auth.Password{
						UserName: "reader", DomainName: "account", Password: password,
					}))
					served := b.meet(d, window[0], window[1])
					_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: time.Hour})
					if err != nil {
						t.Fatal(err)
					}
					late := time.Since(b.start) - ends
					if late < 0 || late > 10*time.Second {
						t.Errorf("the end was seen %s after it", late)
					}
					if served() == 0 {
						t.Error("the disturbance was never met")
					}
				})
			})
		}
	}
}

// TestTimeoutIsExact: whatever happens from the first call or from the middle on,
// wait_timeout bounds the read.
func TestTimeoutIsExact(t *testing.T) {
	t.Parallel()
	const timeout = 77 * time.Second
	for name, d := range disturbances {
		for span, from := range map[string]time.Duration{"from the start": 0, "from the middle": 40 * time.Second} {
			if from == 0 && d.atFirst || name == "the token has expired early" {
				continue
			}
			t.Run(name+", "+span, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBubble(t, job(at(0, processing)), nil)
					b.meet(d, from, time.Hour)
					_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: timeout})
					e := wantError(t, err, workspace.OutcomeTimedOut)
					if took := time.Since(b.start); took != timeout || e.Elapsed != timeout {
						t.Errorf("took %s, the error says %s, want %s", took, e.Elapsed, timeout)
					}
					if from > 0 && (e.Last == nil || e.Last.Status == workspace.StatusUnknown && name != "an unknown status") {
						t.Errorf("the last status is lost: %+v", e.Last)
					}
				})
			})
		}
	}
}

// TestFatalFaultsEndAWait at once, in its middle, too.
func TestFatalFaultsEndAWait(t *testing.T) {
	t.Parallel()
	const from = 30 * time.Second
	for name, d := range map[string]disturbance{
		"403":                 {fault: simulator.Fault{Status: http.StatusForbidden}},
		"401, wrong identity": {fault: simulator.Fault{Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0301"}`}},
		"401, again and again": {
			fault: simulator.Fault{Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0307"}`},
		},
		"certificate": {dial: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, job(at(0, processing)), nil)
				served := b.meet(d, from, time.Hour)
				_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: time.Hour})
				e := wantError(t, err, workspace.OutcomeUnreadable)
				if late := time.Since(b.start) - from; late > 6*time.Second || served() > 1 {
					t.Errorf("ended %s after %d faults", late, served())
				}
				if e.Last == nil || e.Last.Status != workspace.StatusProcessing {
					t.Errorf("the last status is lost: %+v", e.Last)
				}
			})
		})
	}
}

// TestMissingJob: a job may be invisible for a while after its start, and one
// that vanishes is given up only after three looks in ten seconds.
func TestMissingJob(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scenario simulator.Scenario
		from     time.Duration // it is not found from then on
		least    time.Duration
		most     time.Duration
		ok       bool
	}{
		"visible after 80 s": {
			scenario: job(at(80*time.Second, processing), at(85*time.Second, success)),
			least:    85 * time.Second, most: 95 * time.Second, ok: true,
		},
		"never visible": {
			scenario: job(at(time.Hour, success)), least: 90 * time.Second, most: 98 * time.Second,
		},
		"vanishes after five minutes": {
			scenario: job(at(0, processing)), from: 5 * time.Minute,
			least: 310 * time.Second, most: 326 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, c.scenario, nil)
				if c.from > 0 {
					b.AddFault(simulator.Fault{Status: http.StatusNotFound, After: simulator.Duration(c.from)})
				}
				_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: time.Hour})
				if took := time.Since(b.start); took < c.least || took > c.most {
					t.Errorf("took %s, want %s to %s", took, c.least, c.most)
				}
				if c.ok {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := wantError(t, err, workspace.OutcomeUnreadable)
				var status *transport.StatusError
				if !errors.As(err, &status) || status.Status != http.StatusNotFound || (e.Last == nil) != (c.from == 0) {
					t.Errorf("got %v, last %+v", err, e.Last)
				}
			})
		})
	}
}
