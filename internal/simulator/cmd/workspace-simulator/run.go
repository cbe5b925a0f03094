package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// stopTime is what requests under way get to end in after a signal.
const stopTime = 500 * time.Millisecond

const usage = `Usage: workspace-simulator [flags]

Serves both versions of the Workspace job API, IAM, STS and the metadata of an
ECS on a loopback address until SIGINT or SIGTERM. The settings for the provider
go to standard output, as lines to paste into a shell; the ids of the jobs and a
line for each request go to standard error. All credentials are made up.

GET /simulator/requests returns the requests so far; POST /simulator/jobs adds a
job, in the form that -print-scenario shows.

Flags:
`

type options struct {
	listen        string
	scenarioFile  string
	credential    string
	printScenario bool
	retired       string
	retiredAs     int
}

// run is the command. It returns nil when it was asked for nothing but words, or
// was stopped by ctx.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	opts, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	scenario := simulator.DefaultScenario()
	if opts.scenarioFile != "" {
		if scenario, err = readScenario(opts.scenarioFile); err != nil {
			return err
		}
	}
	opts.retire(&scenario)
	if opts.printScenario {
		return printScenario(stdout, scenario)
	}
	return serve(ctx, opts, scenario, stdout, &lineWriter{w: stderr})
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("workspace-simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&opts.listen, "listen", "127.0.0.1:0", "loopback `address` to listen on; port 0 is a free one")
	flags.StringVar(&opts.scenarioFile, "scenario", "", "JSON `file` with the scenario; without it, the default one")
	flags.StringVar(&opts.credential, "credential", string(simulator.CredentialAccessKey),
		"`kind` of credential to print the settings of: token, access-key, temporary-key or password")
	flags.StringVar(&opts.retired, "retired", "", "`versions` of the job API that have been taken away, such as v1; several with commas")
	flags.IntVar(&opts.retiredAs, "retired-as", 0, "HTTP `status` of a retired version: 404, 410 or 405 (default 404)")
	flags.BoolVar(&opts.printScenario, "print-scenario", false, "print the scenario as JSON and end")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("there is no argument %q, only flags; see -help", flags.Arg(0))
	}
	return opts, nil
}

// retire adds to the scenario what the flags say about retired versions.
func (o options) retire(scenario *simulator.Scenario) {
	if o.retired != "" {
		scenario.Retired = slices.Concat(scenario.Retired, strings.Split(o.retired, ","))
	}
	if o.retiredAs != 0 {
		scenario.RetiredAs = o.retiredAs
	}
}

func readScenario(file string) (simulator.Scenario, error) {
	data, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return simulator.Scenario{}, fmt.Errorf("the scenario cannot be read: %w", err)
	}
	scenario, err := simulator.ParseScenario(data)
	if err != nil {
		return simulator.Scenario{}, fmt.Errorf("%s: %w", file, err)
	}
	return scenario, nil
}

func printScenario(stdout io.Writer, scenario simulator.Scenario) error {
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(scenario)
}

func serve(ctx context.Context, opts options, scenario simulator.Scenario, stdout io.Writer, log *lineWriter) error {
	server, err := simulator.StartAt(opts.listen, scenario)
	if err != nil {
		return err
	}
	server.OnRequest(func(request simulator.Request) { log.printf("%s", requestLine(request)) })
	env, err := server.Env(simulator.Credential(opts.credential))
	if err != nil {
		return errors.Join(err, server.Close())
	}
	if err := printSettings(stdout, env); err != nil {
		return errors.Join(err, server.Close())
	}
	for _, job := range scenario.Jobs {
		log.printf("job %s", job.ID)
	}

	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return server.Shutdown(stopping)
}

// printSettings writes all lines at once, so that a reader sees all or none.
func printSettings(stdout io.Writer, env map[string]string) error {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		lines.WriteString("export " + name + "=" + shellQuoted(env[name]) + "\n")
	}
	if _, err := io.WriteString(stdout, lines.String()); err != nil {
		return fmt.Errorf("the settings cannot be printed: %w", err)
	}
	return nil
}

// shellQuoted quotes for a POSIX shell what needs it.
func shellQuoted(value string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:@%+=", c)
	}
	if value != "" && strings.IndexFunc(value, func(c rune) bool { return !plain(c) }) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// requestLine is "GET /v1/... 200", with the fault that was applied, if any.
func requestLine(request simulator.Request) string {
	status := "-"
	if request.Status != 0 {
		status = fmt.Sprint(request.Status)
	}
	line := request.Method + " " + request.Path + " " + status
	if request.Fault != "" {
		line += " (" + request.Fault + ")"
	}
	return line
}

// lineWriter keeps lines of concurrent requests apart.
type lineWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lineWriter) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.w, format+"\n", args...)
}
