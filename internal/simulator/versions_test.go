package simulator

import (
	"net/http"
	"testing"
)

func TestRetired(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		status int
		code   string
	}{
		0:   {http.StatusNotFound, "APIGW.0101"},
		404: {http.StatusNotFound, "APIGW.0101"},
		410: {http.StatusGone, "WKS.00000410"},
		405: {http.StatusMethodNotAllowed, "WKS.00000405"},
	} {
		scenario := DefaultScenario()
		scenario.Retired, scenario.RetiredAs = []string{VersionV1}, status
		s := mustNew(t, scenario)
		for _, token := range []string{tokenValue, "unknown"} {
			w := call(t, s, http.MethodGet, jobPath+DefaultJobEndless, "", withToken(token))
			if got := decode[gatewayBody](t, w.Body.Bytes()); w.Code != want.status || got.Code != want.code {
				t.Errorf("%d: got %d %+v", status, w.Code, got)
			}
		}
		readJobV2(t, s, DefaultJobEndless)
		records := s.Requests()
		if records[0].Fault != "retired" || records[0].Operation != OperationJob || records[2].Fault != "" {
			t.Errorf("got %+v", records)
		}
	}
}

func TestRetireAtAnyTime(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	readJob(t, s, DefaultJobEndless)
	mustRetire(t, s, VersionV1)
	w := call(t, s, http.MethodGet, jobPath+DefaultJobEndless, "", withToken(tokenValue))
	wantRefusal(t, w, http.StatusNotFound, "APIGW.0101", "does not exist")
	readJobV2(t, s, DefaultJobEndless)
	mustRetire(t, s, VersionV2)
	w = call(t, s, http.MethodGet, jobV2Path+DefaultJobEndless, "", withToken(tokenValue))
	wantRefusal(t, w, http.StatusNotFound, "APIGW.0101", "does not exist")

	if err := s.Retire("v3"); err == nil {
		t.Error("a version that is none is retired")
	}
}

func mustRetire(t *testing.T, s *Simulator, version string) {
	t.Helper()
	if err := s.Retire(version); err != nil {
		t.Fatal(err)
	}
}
