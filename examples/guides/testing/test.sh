#!/usr/bin/env bash
# Runs `terraform test` against a simulator of its own. Needs workspace-simulator
# on PATH, and the provider where `terraform init` finds it.
set -euo pipefail
cd "$(dirname "$0")"

temp=$(mktemp -d)
workspace-simulator -scenario scenario.json >"$temp/settings" 2>"$temp/log" &
simulator=$!
trap 'kill $simulator 2>/dev/null || true; wait $simulator || true; rm -rf "$temp"' EXIT

# The settings are printed when it serves: endpoints on a free port, and the
# scenario's credential.
until [ -s "$temp/settings" ]; do
  kill -0 $simulator || { cat "$temp/log"; exit 1; }
  sleep 0.1
done
# shellcheck source=/dev/null
source "$temp/settings"

terraform init -input=false
terraform test "$@"
