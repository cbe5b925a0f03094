package simulator

import (
	"net/url"
	"strings"
)

// route is one operation of an API. Each API has a file of its own that gives
// its routes; [New] joins them.
type route struct {
	operation string
	method    string
	// path has its parameters in braces: "/v1/{project_id}/job/{job_id}".
	path string
	// version is the version of the job API that the route belongs to, "" if it is
	// of another API.
	version string
	// methodNotAllowed is the API's own form of a 405.
	methodNotAllowed func() reply
	serve            func(*exchange) reply
}

// match finds the route of an escaped path. The method plays no part: a path
// that exists answers to a wrong one with 405.
func (s *Simulator) match(escapedPath string) (*route, map[string]string) {
	segments := strings.Split(escapedPath, "/")
	for i := range s.routes {
		if params, ok := matchPath(s.routes[i].path, segments); ok {
			return &s.routes[i], params
		}
	}
	return nil, nil
}

func matchPath(pattern string, segments []string) (map[string]string, bool) {
	wanted := strings.Split(pattern, "/")
	if len(wanted) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range wanted {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		name, isParam := strings.CutPrefix(want, "{")
		switch {
		case isParam && got != "":
			params[strings.TrimSuffix(name, "}")] = got
		case isParam || got != want:
			return nil, false
		}
	}
	return params, true
}
