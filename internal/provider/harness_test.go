package provider

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// The tests of this package that need Terraform run a real CLI against the
// simulator, in two ways. unitTest has the provider in the process of the tests
// and looks at plans and states. A workdir has the CLI start the provider's
// program, as users have it, and looks at everything else: requests, messages,
// exit codes, signals, logs.

// buildDir holds the provider's program and the CLI's configuration.
var buildDir string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if isForeign(name) {
			_ = os.Unsetenv(name)
		}
	}
	host, rest, _ := strings.Cut(Address, "/")
	namespace, _, _ := strings.Cut(rest, "/")
	settings := map[string]string{
		"TF_ACC_PROVIDER_HOST": host, "TF_ACC_PROVIDER_NAMESPACE": namespace, "CHECKPOINT_DISABLE": "1",
	}
	if path, err := findCLI(); err == nil {
		settings["TF_ACC_TERRAFORM_PATH"] = path
	}
	var err error
	buildDir, err = os.MkdirTemp("", "provider-test-")
	for name, value := range settings {
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(buildDir) //nolint:errcheck // It is a temporary directory.
	return m.Run()
}

// isForeign tells a variable that would change what the provider or the CLI does.
// The tests against a real account need some of them.
func isForeign(name string) bool {
	upper := strings.ToUpper(name)
	for _, prefix := range []string{"HW_", "OS_"} {
		if strings.HasPrefix(upper, prefix) {
			return !live
		}
	}
	if strings.HasSuffix(upper, "_PROXY") {
		return !live
	}
	return strings.HasPrefix(upper, "TF_") && !strings.HasPrefix(upper, "TF_ACC_")
}

var findCLI = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path, nil
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("there is no terraform and no tofu on PATH, and TF_ACC_TERRAFORM_PATH is not set; " +
		"`make test` builds one and uses it")
})

func cliPath(t *testing.T) string {
	t.Helper()
	path, err := findCLI()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// buildProvider builds the provider's program, with the race detector where the
// tests have it: then all packages but main have been compiled already.
var buildProvider = sync.OnceValues(func() (settings string, err error) {
	program := filepath.Join(buildDir, "terraform-provider-workspace")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	args := []string{"build", "-o", program}
	if raceDetector {
		args = append(args, "-race")
	}
	out, err := exec.CommandContext(context.Background(), "go", append(args, "../..")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	settings = filepath.Join(buildDir, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n", Address, filepath.ToSlash(buildDir))
	return settings, os.WriteFile(settings, []byte(text), 0o600)
})

// required is the block that every configuration begins with.
var required = fmt.Sprintf(`
terraform {
  required_providers {
    workspace = {
      source = %q
    }
  }
}
`, Address)

// unitTest runs steps with the provider in this process, whose environment is env.
func unitTest(t *testing.T, env map[string]string, steps ...resource.TestStep) {
	t.Helper()
	cliPath(t)
	for i := range steps {
		steps[i].Config = required + steps[i].Config
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"workspace": func() (tfprotov6.ProviderServer, error) {
				p := &workspaceProvider{version: "test", getenv: func(name string) string { return env[name] }}
				return providerserver.NewProtocol6WithError(p)()
			},
		},
		Steps: steps,
	})
}

// workdir is a directory with a configuration, and an environment for the CLI.
type workdir struct {
	t       *testing.T
	dir     string
	env     map[string]string
	secrets []string
}

// newWorkdir writes a configuration for the CLI to run in. The environment of the
// CLI is env and nothing that the tests were started with.
func newWorkdir(t *testing.T, env map[string]string, config string) *workdir {
	t.Helper()
	w := &workdir{t: t, dir: t.TempDir(), env: env, secrets: slices.Clone(canaries)}
	w.write("main.tf", required+config)
	return w
}

func (w *workdir) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workdir) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	return string(text)
}

// command is the CLI, not yet started. It always writes its log, and that of the
// provider, in full: see run.
func (w *workdir) command(ctx context.Context, args ...string) *exec.Cmd {
	w.t.Helper()
	settings, err := buildProvider()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, cliPath(w.t), args...)
	cmd.Dir = w.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TMPDIR=" + os.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"TF_CLI_CONFIG_FILE=" + settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"TF_LOG=TRACE", "TF_LOG_PATH=" + filepath.Join(w.dir, "trace.log"),
		// A data race in the provider's program ends it, and with it the command.
		"GORACE=halt_on_error=1",
	}
	for name, value := range w.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// outcome is a command of the CLI that has ended.
type outcome struct {
	t      *testing.T
	stdout string
	output string // stderr follows stdout
	code   int
	// took is the time from the start of the first read of a data source to the
	// end of the command.
	took time.Duration
	// problems are the errors, by the address of what they are about; "" where that
	// is the provider.
	problems map[string][]diagnostic
}

type diagnostic struct {
	Severity, Summary, Detail, Address string
	Snippet                            struct{ Context, Code string }
}

func (d diagnostic) String() string {
	return fmt.Sprintf("%s: %s (at %q)", d.Summary, d.Detail, d.Snippet.Code)
}

// run runs the CLI to its end. Whatever it was to do: none of the secrets may show
// in its output, in the state, or in the trace of CLI and provider.
func (w *workdir) run(args ...string) *outcome {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Minute)
	defer cancel()
	cmd := w.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("%v: %v", args, err)
	}
	return w.outcome(cmd, stdout.String(), stderr.String())
}

func (w *workdir) outcome(cmd *exec.Cmd, stdout, stderr string) *outcome {
	w.t.Helper()
	ended := time.Now()
	o := &outcome{
		t: w.t, stdout: stdout, output: stdout + stderr, code: cmd.ProcessState.ExitCode(), problems: make(map[string][]diagnostic),
	}
	if strings.Contains(o.output, "DATA RACE") || strings.Contains(w.read("trace.log"), "DATA RACE") {
		w.t.Errorf("a data race in the provider; see the trace:\n%s", w.read("trace.log"))
	}
	w.checkSecrets(o)
	var found []diagnostic
	lines := bufio.NewScanner(strings.NewReader(stdout))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var event struct {
			Type       string
			Timestamp  time.Time `json:"@timestamp"`
			Diagnostic diagnostic
		}
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			continue
		}
		if event.Type == "apply_start" && o.took == 0 {
			o.took = ended.Sub(event.Timestamp)
		}
		found = append(found, event.Diagnostic)
	}
	var whole struct{ Diagnostics []diagnostic }
	if json.Unmarshal([]byte(stdout), &whole) == nil {
		found = whole.Diagnostics
	}
	for _, d := range found {
		if d.Severity == "error" {
			o.problems[d.Address] = append(o.problems[d.Address], d)
		}
	}
	return o
}

// checkSecrets looks for secrets wherever a command leaves text. The trace is that of
// the provider and of the CLI's core: neither Terraform's nor OpenTofu's writes a
// provider block or a variable into it, and so credentials from both are looked for.
// A plan file is the CLI's own: it holds the configuration as it was written, and is
// not looked at.
func (w *workdir) checkSecrets(o *outcome) {
	w.t.Helper()
	for where, text := range map[string]string{
		"output": o.output, "state": w.read("terraform.tfstate"), "trace": w.read("trace.log"),
	} {
		for _, secret := range w.secrets {
			for _, form := range formsOf(secret) {
				if i := strings.Index(text, form); i >= 0 {
					w.t.Errorf("the %s holds the secret %q: ...%s...", where, secret, text[max(0, i-200):min(len(text), i+100)])
				}
			}
		}
	}
}

// formsOf are the ways in which a text may hold a secret.
func formsOf(secret string) []string {
	raw := []byte(secret)
	return []string{
		secret, url.QueryEscape(secret), hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	}
}

// succeeds fails the test unless the command has ended well.
func (o *outcome) succeeds() *outcome {
	o.t.Helper()
	if o.code != 0 {
		o.t.Fatalf("the command ended with %d:\n%s", o.code, o.output)
	}
	return o
}

// fails fails the test unless the command has ended in an error.
func (o *outcome) fails() *outcome {
	o.t.Helper()
	if o.code != 1 {
		o.t.Fatalf("the command ended with %d, want 1:\n%s", o.code, o.output)
	}
	return o
}

// problem returns the only error about an address.
func (o *outcome) problem(address string) diagnostic {
	o.t.Helper()
	found := o.problems[address]
	if len(found) != 1 {
		o.t.Errorf("there are %d errors about %q, want 1: %v", len(found), address, found)
		return diagnostic{}
	}
	return found[0]
}

// wantTexts fails the test unless all texts are there.
func wantTexts(t *testing.T, d diagnostic, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.Summary+"\n"+d.Detail, text) {
			t.Errorf("%q is missing in the error:\n%s\n%s", text, d.Summary, d.Detail)
		}
	}
}

// attributes are the values of a resource in a state or plan, numbers as text.
type attributes map[string]any

// state returns what the state holds, by address.
func (w *workdir) state() map[string]attributes {
	w.t.Helper()
	decoder := json.NewDecoder(strings.NewReader(w.run("show", "-json").succeeds().stdout))
	decoder.UseNumber()
	var shown struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Address string
					Values  attributes
				}
			} `json:"root_module"`
		}
	}
	if err := decoder.Decode(&shown); err != nil {
		w.t.Fatal(err)
	}
	found := make(map[string]attributes)
	for _, r := range shown.Values.RootModule.Resources {
		found[r.Address] = r.Values
	}
	return found
}

// The secrets of the simulated service: each stands in one place only, so that a
// text that holds it tells where it came from.
const (
	canaryToken         = "canary-of-the-token-6b1f"
	canaryAccess        = "CANARYOFTHEACCESSKEY"
	canarySecret        = "canary-of-the-secret-key-90d2"
	canaryTempAccess    = "CANARYOFTHETEMPORARY"
	canaryTempSecret    = "canary-of-the-temporary-secret-key-1c7e"
	canarySecurityToken = "canary-of-the-security-token-f3a8"
	canaryPassword      = "canary-of-the-password-5e44"
	// wrong stands in every credential that is not right.
	canaryWrong = "canary-of-what-is-wrong-77c0"
	// What the simulator issues begins like this.
	canaryIssued         = "simulated-token-"
	canaryIssuedSecurity = "simulated-security-token-"
	canaryIssuedMetadata = "simulated-metadata-token-"
)

var canaries = []string{
	canaryToken, canaryAccess, canarySecret, canaryTempAccess, canaryTempSecret,
	canarySecurityToken, canaryPassword, canaryWrong,
	canaryIssued, canaryIssuedSecurity, canaryIssuedMetadata,
}

const (
	userName   = "robot"
	userID     = "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	domainName = "example-account"
	domainID   = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
)

// service is the simulated service.
type service struct{ *simulator.Server }

// start serves jobs, with faults if any.
func start(t *testing.T, jobs []simulator.Job, faults ...simulator.Fault) *service {
	t.Helper()
	s, err := simulator.Start(scenario(jobs, faults...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &service{s}
}

func scenario(jobs []simulator.Job, faults ...simulator.Fault) simulator.Scenario {
	return simulator.Scenario{
		// Another project's name begins alike.
		Projects: []simulator.Project{
			{ID: simulator.DefaultProjectID, Name: simulator.DefaultRegion},
			{ID: "f9e8d7c6b5a493827160594837261504", Name: simulator.DefaultRegion + "_other"},
		},
		LooseProjectFilter: true,
		Tokens:             []simulator.Token{{Token: canaryToken}},
		AccessKeys: []simulator.AccessKey{
			{Access: canaryAccess, Secret: canarySecret},
			{Access: canaryTempAccess, Secret: canaryTempSecret, SecurityToken: canarySecurityToken},
		},
		Users: []simulator.User{{Name: userName, ID: userID, Password: canaryPassword, DomainName: domainName, DomainID: domainID}},
		Jobs:  jobs, Faults: faults,
	}
}

// tokenEnv is an environment with a token, which needs no IAM, and more variables
// by name and value. The limit of requests, which would take time, is off.
func (s *service) tokenEnv(more ...string) map[string]string {
	env := map[string]string{
		"HW_WORKSPACE_ENDPOINT": s.URL, "HW_PROJECT_ID": simulator.DefaultProjectID, "HW_AUTH_TOKEN": canaryToken,
		"HW_REQUESTS_PER_MINUTE": "0",
	}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// wantCount fails the test unless there were exactly so many requests for jobs and
// none else.
func (s *service) wantCount(t *testing.T, jobs int) {
	t.Helper()
	if got, all := s.Count(simulator.OperationJob), s.Count(""); got != jobs || all != jobs {
		t.Errorf("there were %d requests, %d of them for jobs, want %d for jobs:\n%s", all, got, jobs, s.record())
	}
}

// countOf is the number of requests for one job.
func (s *service) countOf(jobID string) int {
	count := 0
	for _, r := range s.Requests() {
		if r.JobID == jobID {
			count++
		}
	}
	return count
}

func (s *service) record() string {
	var b strings.Builder
	for _, r := range s.Requests() {
		fmt.Fprintf(&b, "%s %s %s %d\n", r.Time.Format("05.000"), r.Method, r.Path, r.Status)
	}
	return b.String()
}

// arrived waits until the service has seen so many requests for jobs. It has to
// look again and again: a request that hangs has no end that could be awaited.
func (s *service) arrived(t *testing.T, count int) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for s.Count(simulator.OperationJob) < count {
		select {
		case <-deadline:
			t.Fatalf("%d requests for jobs have arrived, want %d:\n%s", s.Count(simulator.OperationJob), count, s.record())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// logged waits until the trace of a command that is under way holds a text.
func (w *workdir) logged(text string) {
	w.t.Helper()
	deadline := time.After(30 * time.Second)
	for !strings.Contains(w.read("trace.log"), text) {
		select {
		case <-deadline:
			w.t.Fatalf("the trace lacks %q:\n%s", text, w.read("trace.log"))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ended is a job that has been in a status for long.
func ended(id string, status int) simulator.Job {
	return simulator.Job{ID: id, Age: simulator.Duration(time.Hour), Phases: []simulator.Phase{
		{Status: simulator.StatusProcessing},
		{After: simulator.Duration(time.Minute), Status: status},
	}}
}

// endsAfter is a job that begins with its first read and is in the given state
// after so long.
func endsAfter(id string, d time.Duration, end simulator.Phase) simulator.Job {
	end.After = simulator.Duration(d)
	return simulator.Job{ID: id, FromFirstRead: true, Phases: []simulator.Phase{{Status: simulator.StatusProcessing}, end}}
}

// as is a job that the service shows as the given JSON.
func as(id string, job any) simulator.Job {
	raw, ok := job.(json.RawMessage)
	if !ok {
		var err error
		if raw, err = json.Marshal(job); err != nil {
			panic(err)
		}
	}
	return simulator.Job{ID: id, Phases: []simulator.Phase{{Raw: raw}}}
}

// fixture returns the job object of a file in testdata.
func fixture(t *testing.T, name string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Job json.RawMessage }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return answer.Job
}
