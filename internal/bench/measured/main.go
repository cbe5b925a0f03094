//go:build ignore

// The CLI starts this in a provider's place. It runs the provider, and writes down
// what that took: one line in a file of its own.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	// terraform-provider-x runs terraform-provider-x.real.
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // They are for the provider.
	provider := exec.Command(self+".real", os.Args[1:]...)
	provider.Stdin, provider.Stdout, provider.Stderr = os.Stdin, os.Stdout, os.Stderr
	_ = provider.Run() // It says itself what is wrong.
	state := provider.ProcessState
	if state == nil {
		os.Exit(1)
	}
	usage, _ := state.SysUsage().(*syscall.Rusage)
	name := strings.TrimPrefix(filepath.Base(self), "terraform-provider-")
	file := filepath.Join(os.Getenv("BENCH_USAGE"), fmt.Sprintf("%s-%d", name, os.Getpid()))
	line := fmt.Sprintf("%d %d\n", usage.Maxrss<<10, (state.UserTime() + state.SystemTime()).Nanoseconds())
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
		panic(err)
	}
	os.Exit(max(state.ExitCode(), 0))
}
