package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
)

// A stack is a library, set up as its users set it up.
type stack struct {
	name string
	// module is where its version stands in go.mod; empty: this repository.
	module string
	// setUp says how it is used, for the report.
	setUp string
	// open makes it ready for a service.
	open func(site) waiter
	// problem is an error body as the library's own service would send it, for
	// those that decide by it; nil: the job API's.
	problem func(status int) string
	// share is the part of the jobs that it gets in the schedule tables, because
	// it makes many more calls than the others.
	share float64
	// scheduleOnly: it is in the fault matrix under another stack's name.
	scheduleOnly bool
}

// A waiter returns nil when it takes the job for succeeded.
type waiter func(ctx context.Context, jobID string, timeout time.Duration) error

// A site is the way to a service. carrier is the one of the schedule tables, dial
// that of the fault matrix; one of them is set.
type site struct {
	endpoint   *url.URL
	carrier    http.RoundTripper
	dial       func(ctx context.Context, network, address string) (net.Conn, error)
	roots      *x509.CertPool
	credential auth.Credential
	token      string
	// requestsPerMinute is the provider's own limit; 0: none.
	requestsPerMinute int
}

// client is a plain HTTP client as the peers come with: without a timeout.
func (s site) client() *http.Client {
	if s.carrier != nil {
		return &http.Client{Transport: s.carrier}
	}
	return &http.Client{Transport: s.transport()}
}

func stacks() []stack {
	return []stack{
		ours(),
		stateChangeConf(10 * time.Second), stateChangeConf(15 * time.Second), stateChangeConf(30 * time.Second),
		azcore(), aws(), hcloudGo(), stackit(),
	}
}

func (s site) transport() *http.Transport {
	return &http.Transport{
		DialContext: s.dial, TLSClientConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12},
	}
}
