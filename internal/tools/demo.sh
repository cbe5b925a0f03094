#!/usr/bin/env bash
# Runs examples/demo against the simulator, and leaves nothing behind.
source "$(dirname "$0")/project.sh"

temp=$(mktemp -d)
simulator=
stop() {
	if [ -n "$simulator" ]; then
		kill "$simulator" 2>/dev/null || true
		wait "$simulator" 2>/dev/null || true
	fi
	rm -rf "$temp"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() {
	printf '\n==> %s\n' "$*"
}

cli=$(internal/tools/cli.sh)
say "Building the provider and the simulator"
CGO_ENABLED=0 go build -o "$temp/workspace-simulator" ./internal/simulator/cmd/workspace-simulator
isolate_cli "$temp"

say "Starting the simulator: the service on a loopback address, no account needed"
"$temp/workspace-simulator" -scenario examples/demo/scenario.json >"$temp/settings" 2>"$temp/simulator.log" &
simulator=$!
until [ -s "$temp/settings" ]; do
	kill -0 "$simulator" 2>/dev/null || fail "$(cat "$temp/simulator.log")"
	sleep 0.1
done
sed 's/\(HW_SECRET_KEY=\).*/\1.../' "$temp/settings"
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
