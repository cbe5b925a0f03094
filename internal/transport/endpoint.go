package transport

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// ParseEndpoint reads the URL of a service, with https:// added where no scheme
// is given. It refuses what could carry credentials to the wrong place: plain
// http beyond this machine, user information, queries and fragments.
func ParseEndpoint(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, Clean(u.Host, len(u.Host)) != u.Host:
		return nil, errors.New("it is not a URL")
	case u.User != nil:
		return nil, errors.New("it must not hold a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("it must not hold a query or a fragment")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("http is for this machine only (localhost, 127.0.0.1); use https")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("its scheme must be https")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// At is the URL of a path, which begins with a slash, below a service's endpoint.
func At(endpoint *url.URL, path string) *url.URL {
	u := *endpoint
	u.Path = strings.TrimRight(u.Path, "/") + path
	return &u
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
