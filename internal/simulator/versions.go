package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The versions of the job API, as [Scenario].Retired and [Simulator.Retire] name
// them.
const (
	VersionV1 = "v1"
	VersionV2 = "v2"
)

func versions() []string { return []string{VersionV1, VersionV2} }

// Retire takes a version of the job API away, for good. From then on it answers
// as [Scenario].RetiredAs says, before it looks at a credential; the clocks of
// jobs still see the requests.
func (s *Simulator) Retire(version string) error {
	if !slices.Contains(versions(), version) {
		return fmt.Errorf("there is no version %q of the job API to retire; use one of %q", version, versions())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired[version] = true
	return nil
}

func (s *Simulator) isRetired(version string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.retired[version]
}

func (s *Simulator) retiredReply(x *exchange) reply {
	s.note(x, func(record *Request) { record.Fault = "retired" })
	switch s.scenario.RetiredAs {
	case http.StatusGone:
		// No page names a code for this; the service's others have this form.
		return serviceError(http.StatusGone, "WKS.00000410", "This version of the API is no longer available.")
	case http.StatusMethodNotAllowed:
		return serviceError(http.StatusMethodNotAllowed, "WKS.00000405", "Method not allowed.")
	}
	return x.noSuchAPI()
}

// noSuchAPI is how the gateway answers at an address that it does not know.
func (x *exchange) noSuchAPI() reply {
	return x.gatewayError(http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment")
}

func (sc Scenario) checkRetired() error {
	for i, version := range sc.Retired {
		if !slices.Contains(versions(), version) {
			return fmt.Errorf("retired[%d]: %s is no version; use one of %q", i, strconv.Quote(version), versions())
		}
	}
	switch sc.RetiredAs {
	case 0, http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return nil
	}
	return fmt.Errorf("retired_as: %d is not one of 404, 410 and 405", sc.RetiredAs)
}
