#!/usr/bin/env bash
# Formats the examples and writes docs/ from templates/, examples/ and the
# provider's schema. Once the tools are built it needs no network.
source "$(dirname "$0")/project.sh"

cli=$(internal/tools/cli.sh)
tfplugindocs=$(internal/tools/tool.sh docs tfplugindocs)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

(
	isolate_cli "$temp"
	"$cli" fmt -recursive examples
	mkdir "$temp/module"
	cp examples/provider/provider.tf "$temp/module"
	"$cli" -chdir="$temp/module" init -no-color >"$temp/init.log" 2>&1 || fail "$(cat "$temp/init.log")"
	# tfplugindocs looks for the schema under this address and no other.
	"$cli" -chdir="$temp/module" providers schema -json |
		sed "s|\"$address\":|\"registry.terraform.io/hashicorp/${address##*/}\":|" >"$temp/schema.json"
)

# The schema from a file: left to itself, tfplugindocs downloads a Terraform.
for command in generate validate; do
	"$tfplugindocs" "$command" --providers-schema "$temp/schema.json" --provider-name "${address##*/}" >"$temp/docs.log" 2>&1 ||
		fail "$(cat "$temp/docs.log")"
done
