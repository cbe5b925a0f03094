#!/usr/bin/env bash
# Prints the path of a development tool, which it builds when there is none yet or
# the tool's go.sum has changed since.
#
#   tool.sh MODULE PROGRAM      such as: tool.sh lint golangci-lint
set -euo pipefail
cd "$(dirname "$0")/../.."

module=internal/tools/$1
binary=$PWD/.cache/bin/$2

if ! [ "$binary" -nt "$module/go.sum" ]; then
	echo "Building $2 from $module. This happens once and can take some minutes." >&2
	ldflags="-s -w"
	if [ "$1" = opentofu ]; then
		ldflags="$ldflags -X github.com/opentofu/opentofu/version.dev=no"
	fi
	# The same bytes everywhere: a bill of materials names the tool that wrote it by its
	# checksum.
	CGO_ENABLED=0 go build -C "$module" -trimpath -buildvcs=false -ldflags "$ldflags" -o "$binary.$$" tool
	mv "$binary.$$" "$binary" # At once: a build that is broken off leaves nothing to be used.
	echo "Built $2 in $SECONDS s." >&2
fi
echo "$binary"
