package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// output is a writer whose first write can be waited for.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{}
	once    sync.Once
}

func newOutput() *output { return &output{written: make(chan struct{})} }

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.once.Do(func() { close(o.written) })
	return o.text.Write(data)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func scenarioFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scenario.json")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func request(t *testing.T, method, url, token, body string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

func TestRunServesUntilStopped(t *testing.T) {
	t.Parallel()
	scenario := simulator.DefaultScenario()
	scenario.Tokens[0].Token = "it's a token"
	scenario.Faults = []simulator.Fault{
		{Name: "hangs", JobID: "hang", Hang: true},
		{Name: "fails", Times: 1, Status: http.StatusBadGateway},
	}
	data, err := json.Marshal(scenario)
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout, stderr := newOutput(), newOutput()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-scenario", scenarioFile(t, string(data)), "-credential", "token"}, stdout, stderr)
	}()
	select {
	case <-stdout.written:
	case err := <-ended:
		t.Fatalf("it ended with %v", err)
	}

	settings := map[string]string{}
	for line := range strings.Lines(stdout.String()) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if name, isExport := strings.CutPrefix(name, "export "); ok && isExport {
			settings[name] = value
			continue
		}
		t.Errorf("the line %q is no setting", line)
	}
	url := settings["HW_WORKSPACE_ENDPOINT"]
	if settings["HW_AUTH_TOKEN"] != `'it'\''s a token'` || settings["HW_REGION_NAME"] != "cn-north-4" ||
		settings["HW_PROJECT_ID"] != simulator.DefaultProjectID || settings["HW_AUTH_URL"] != url+"/v3" || len(settings) != 5 {
		t.Fatalf("got %v", settings)
	}

	job := url + "/v1/" + simulator.DefaultProjectID + "/job/"
	if status, body, err := request(t, http.MethodGet, job+simulator.DefaultJobFailed, "it's a token", ""); status != http.StatusBadGateway {
		t.Errorf("got %d %s %v", status, body, err)
	}
	if status, body, err := request(t, http.MethodGet, job+simulator.DefaultJobFailed, "it's a token", ""); status != http.StatusOK {
		t.Errorf("got %d %s %v", status, body, err)
	}
	if status, body, err := request(t, http.MethodPost, url+"/simulator/jobs", "", `{"id":"new","phases":[{"status":1}]}`); status != http.StatusCreated {
		t.Errorf("got %d %s %v", status, body, err)
	}
	hung := make(chan error, 1)
	go func() {
		_, _, err := request(t, http.MethodGet, job+"hang", "it's a token", "")
		hung <- err
	}()
	for {
		if _, body, _ := request(t, http.MethodGet, url+"/simulator/requests", "", ""); strings.Contains(body, `"job_id":"hang"`) {
			break
		}
	}

	begin := time.Now()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if err := <-hung; err == nil {
		t.Error("the request that hung was answered")
	}
	for _, want := range []string{
		"job " + simulator.DefaultJobRunning + "\n",
		"GET /v1/" + simulator.DefaultProjectID + "/job/" + simulator.DefaultJobFailed + " 502 (fails)\n",
		"GET /v1/" + simulator.DefaultProjectID + "/job/" + simulator.DefaultJobFailed + " 200\n",
		"GET /v1/" + simulator.DefaultProjectID + "/job/hang - (hangs)\n",
	} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is missing from %s", want, stderr)
		}
	}
	if strings.Contains(stderr.String(), "a token") {
		t.Errorf("the token is in %s", stderr)
	}
}

func TestRunPrintsTheScenario(t *testing.T) {
	t.Parallel()
	stdout, stderr := newOutput(), newOutput()
	if err := run(t.Context(), []string{"-print-scenario"}, stdout, stderr); err != nil {
		t.Fatal(err)
	}
	printed, err := simulator.ParseScenario([]byte(stdout.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := simulator.New(printed); err != nil {
		t.Error(err)
	}
	if len(printed.Jobs) != 5 || !reflect.DeepEqual(printed.AccessKeys, simulator.DefaultScenario().AccessKeys) || stderr.String() != "" {
		t.Errorf("got %s and %s", stdout, stderr)
	}
}

func TestRunRetires(t *testing.T) {
	t.Parallel()
	stdout := newOutput()
	file := scenarioFile(t, `{"retired":["v2"],"retired_as":405}`)
	if err := run(t.Context(), []string{"-print-scenario", "-scenario", file, "-retired", "v1", "-retired-as", "410"}, stdout, newOutput()); err != nil {
		t.Fatal(err)
	}
	printed, err := simulator.ParseScenario([]byte(stdout.String()))
	if err != nil || !reflect.DeepEqual(printed, simulator.Scenario{Retired: []string{"v2", "v1"}, RetiredAs: 410}) {
		t.Errorf("got %+v, %v", printed, err)
	}
}

func TestRunHelp(t *testing.T) {
	t.Parallel()
	stdout, stderr := newOutput(), newOutput()
	if err := run(t.Context(), []string{"-help"}, stdout, stderr); err != nil || stdout.String() != "" {
		t.Errorf("got %v and %q", err, stdout)
	}
	for _, want := range []string{"Usage:", "-listen address", "-scenario file", "-credential kind", "-print-scenario", "-retired versions", "-retired-as status"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is missing from %s", want, stderr)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"flag":       {[]string{"-nope"}, "nope"},
		"argument":   {[]string{"serve"}, `"serve"`},
		"address":    {[]string{"-listen", "0.0.0.0:0"}, "loopback"},
		"credential": {[]string{"-credential", "cookie"}, "cookie"},
		"retired":    {[]string{"-retired", "v1,v3"}, `"v3"`},
		"retired as": {[]string{"-retired", "v1", "-retired-as", "500"}, "retired_as"},
		"file":       {[]string{"-scenario", filepath.Join(t.TempDir(), "none.json")}, "none.json"},
		"content":    {[]string{"-scenario", scenarioFile(t, `{"a":1}`)}, `"a"`},
		"scenario":   {[]string{"-scenario", scenarioFile(t, `{"users":[{}]}`)}, "users[0]"},
		"lacking":    {[]string{"-scenario", scenarioFile(t, `{}`)}, "access_keys"},
	} {
		err := run(t.Context(), test.args, newOutput(), newOutput())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestShellQuoted(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"http://127.0.0.1:1/v3": "http://127.0.0.1:1/v3",
		"":                      "''",
		"a b":                   "'a b'",
		"$(x)'":                 `'$(x)'\'''`,
		"~":                     "'~'",
		"a\nb":                  "'a\nb'",
	} {
		if got := shellQuoted(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}
