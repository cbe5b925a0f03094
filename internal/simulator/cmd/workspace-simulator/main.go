// The workspace-simulator command serves the Workspace job API and the IAM calls
// that lead to it on a loopback address, so that the provider can be tried, and
// modules that use it be tested, without an account.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "workspace-simulator:", err)
		os.Exit(1)
	}
}
