#!/usr/bin/env bash
# Runs examples/demo against the simulator, and leaves nothing behind.
source "$(dirname "$0")/project.sh"

temporary_dir
cli=$(internal/tools/cli.sh)

say "Building and starting the simulator: the service on a loopback address, no account needed"
start_simulator -scenario examples/demo/scenario.json
sed 's/\(HW_SECRET_KEY=\).*/\1.../' "$temp/settings"

say "Building the provider"
isolate_cli "$temp"
# shellcheck source=/dev/null
source "$temp/settings"

[ -t 1 ] || export TF_CLI_ARGS=-no-color
cp -R examples/demo "$temp/demo"
for command in init plan "apply -auto-approve"; do
	say "${cli##*/} $command"
	# shellcheck disable=SC2086 # A command and its flags.
	"$cli" -chdir="$temp/demo" $command
done

status=$("$cli" -chdir="$temp/demo" output -raw status)
[ "$status" = "initializing, then success" ] || fail "the job was expected to go from initializing to success, but was: $status"
say "What happened"
cat <<END
The job that terraform_data.gated depends on was $status.
Nobody waited for the other one: that it failed, and why, is an output.

How to go on:
  examples/demo/main.tf    is what ran, with scenario.json as the service
  make install             lets init find the provider, then
  go run ./internal/simulator/cmd/workspace-simulator
                           serves jobs to try it on, and prints what to export
  README.md                shows a configuration for a real account
END
