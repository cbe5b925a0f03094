// Command terraform-provider-workspace is a Terraform and OpenTofu provider for
// Huawei Cloud Workspace Application Streaming.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/provider"
)

// version is set by the build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how Terraform attaches to it")
	flag.Parse()
	// A terminal sends an interrupt to the provider, too. The CLI hands it on, but not
	// while apply is still planning.
	interrupt, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := providerserver.Serve(context.Background(), provider.New(version, interrupt.Done()), providerserver.ServeOpts{
		Address: provider.Address,
		Debug:   *debug,
	})
	stop()
	if err != nil {
		log.Fatal(err)
	}
}
