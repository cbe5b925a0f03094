package transport_test

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

func TestEndpointThatIsAccepted(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://workspace.ap-southeast-1.myhuaweicloud.com":  "https://workspace.ap-southeast-1.myhuaweicloud.com",
		"https://workspace.ap-southeast-1.myhuaweicloud.com/": "https://workspace.ap-southeast-1.myhuaweicloud.com",
		"workspace.ap-southeast-1.myhuaweicloud.com":          "https://workspace.ap-southeast-1.myhuaweicloud.com",
		"service.invalid:8443":                                "https://service.invalid:8443",
		"HTTPS://service.invalid":                             "https://service.invalid",
		"https://service.invalid/prefix/a//":                  "https://service.invalid/prefix/a",
		"https://service.invalid/a%20b":                       "https://service.invalid/a%20b",
		"https://[2001:db8::1]:443/v3":                        "https://[2001:db8::1]:443/v3",
		"http://localhost:8080":                               "http://localhost:8080",
		"http://127.0.0.1:8080/":                              "http://127.0.0.1:8080",
		"http://127.8.9.1":                                    "http://127.8.9.1",
		"http://[::1]:8080":                                   "http://[::1]:8080",
		"https://192.0.2.1":                                   "https://192.0.2.1",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			u, err := transport.ParseEndpoint(given)
			if err != nil || u.String() != want {
				t.Errorf("got %v, %v, want %s", u, err, want)
			}
		})
	}
}

const (
	noURL       = "it is not a URL"
	userInfo    = "it must not hold a user name or password"
	queryOrHash = "it must not hold a query or a fragment"
	noHost      = "it names no host"
	plainHTTP   = "http is for this machine only (localhost, 127.0.0.1); use https"
	otherScheme = "its scheme must be https"
)

func TestEndpointThatIsRefused(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                                  noHost,
		"https://":                          noHost,
		"https:///v1":                       noHost,
		"https://:443":                      noHost,
		"/v1":                               noHost,
		"://service.invalid":                noURL,
		"https://service.invalid:port":      noURL,
		"https://ser vice.invalid":          noURL,
		"https://service.invalid/\n":        noURL,
		"https://service.invalid/%zz":       noURL,
		"https://[::1":                      noURL,
		"https://%C2%9B31m.invalid":         noURL,
		"https://%E2%80%AEinvalid":          noURL,
		"https:service.invalid":             noURL,
		"https://user@service.invalid":      userInfo,
		"https://user:s3cret@host.invalid":  userInfo,
		"user:s3cret@service.invalid":       userInfo,
		"http://user:s3cret@127.0.0.1":      userInfo,
		"mailto:a@service.invalid":          userInfo,
		"https://service.invalid?a=b":       queryOrHash,
		"https://service.invalid/?":         queryOrHash,
		"https://service.invalid/#part":     queryOrHash,
		"http://service.invalid":            plainHTTP,
		"HTTP://service.invalid":            plainHTTP,
		"http://192.168.1.1":                plainHTTP,
		"http://169.254.169.254":            plainHTTP,
		"http://0.0.0.0":                    plainHTTP,
		"http://127.0.0.1.service.invalid":  plainHTTP,
		"http://localhost.invalid":          plainHTTP,
		"http://[::2]":                      plainHTTP,
		"ftp://x":                           otherScheme,
		"file://localhost/etc/passwd":       otherScheme,
		"wss://service.invalid":             otherScheme,
		"https+unix://service.invalid/path": otherScheme,
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			u, err := transport.ParseEndpoint(given)
			if u != nil || err == nil || err.Error() != want {
				t.Errorf("got %v, %v, want %q", u, err, want)
			}
		})
	}
}

func FuzzParseEndpoint(f *testing.F) {
	for _, seed := range []string{
		"", "https://workspace.ap-southeast-1.myhuaweicloud.com/v1/", "service.invalid:8443", "http://[::1%25lo]:80",
		"https://user:s3cret@host", "https://h/?q#f", "https://%C2%9B31m/", "http://localhost/%0a", "ftp://x", "https://h//",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		u, err := transport.ParseEndpoint(given)
		if err != nil {
			switch err.Error() {
			case noURL, userInfo, queryOrHash, noHost, plainHTTP, otherScheme:
			default:
				t.Errorf("the error is not one of those that hold nothing of what was given: %q", err)
			}
			return
		}
		if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Hostname() == "" {
			t.Errorf("%q gave %#v", given, u)
		}
		loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
		if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
			t.Errorf("%q gave the scheme %q for the host %q", given, u.Scheme, u.Host)
		}
		// The host is part of every error and log line, the URL goes on the wire.
		for _, text := range []string{u.String(), u.Host} {
			if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }); i >= 0 {
				t.Errorf("%q gave %q", given, text)
			}
		}
		if strings.HasSuffix(u.String(), "/") {
			t.Errorf("%q gave %q", given, u)
		}
		if again, err := transport.ParseEndpoint(u.String()); err != nil || again.String() != u.String() {
			t.Errorf("%q gave %q, which then gives %v, %v", given, u, again, err)
		}
	})
}

func TestPathsStandBelowAnEndpoint(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"https://service.invalid": "https://service.invalid/v1/p", "https://service.invalid/": "https://service.invalid/v1/p",
		"https://service.invalid/below/": "https://service.invalid/below/v1/p",
	} {
		u, err := url.Parse(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if got := transport.At(u, "/v1/p"); got.String() != want || u.String() != endpoint {
			t.Errorf("%s: got %s", endpoint, got)
		}
	}
}
