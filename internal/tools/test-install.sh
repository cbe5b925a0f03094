#!/usr/bin/env bash
# Does what a user does, from an empty home directory: make install, and then init,
# plan and apply of a configuration that only names the provider. The service is
# the simulator.
source "$(dirname "$0")/project.sh"

temporary_dir
cli=$(internal/tools/cli.sh)
start_simulator -listen 127.0.0.1:0
for name in GOCACHE GOENV GOMODCACHE; do
	export "$name=$(go env "$name")" # Go's files stay where they are.
done
mkdir "$temp/home" "$temp/module"
HOME=$temp/home make --no-print-directory install
isolate "$temp"
# shellcheck source=/dev/null
source "$temp/settings"

cat >"$temp/module/main.tf" <<END
terraform {
  required_providers {
    workspace = {
      source = "$address"
    }
  }
}

data "workspace_job" "this" {
  job_id       = "575768277444198410"
  wait_timeout = "1m"
}

output "status" {
  value = data.workspace_job.this.status
}
END
for command in init plan "apply -auto-approve"; do
	say "${cli##*/} $command"
	# shellcheck disable=SC2086 # A command and its flags.
	"$cli" -chdir="$temp/module" $command -no-color
done
status=$("$cli" -chdir="$temp/module" output -raw status)
[ "$status" = success ] || fail "the job was expected to succeed, but is: $status"
