# shellcheck shell=bash
# What the scripts share; they source it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The version of local builds. Not a pre-release, which `init` would only
# install when it is asked for by its exact version.
version=${VERSION:-0.0.1}

# The provider's address has one home that the scripts read: the example that
# users copy.
address=$(sed -n 's/^ *source *= *"\(.*\)"$/\1/p' examples/provider/provider.tf)

fail() {
	echo "$*" >&2
	exit 1
}

# build_provider FILE
build_provider() {
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$1" .
}

# build_mirror DIR builds the provider into DIR, as `init` expects a mirror of a
# registry to be laid out.
build_mirror() {
	local package
	package=$1/$address/$version/$(go env GOOS)_$(go env GOARCH)
	build_provider "$package/terraform-provider-${address##*/}_v$version"
}

# build_release DIR [ARGUMENT...] builds the files of a release of the clone in DIR
# into its dist/. The arguments are goreleaser's.
build_release() {
	local dir=$1 goreleaser sbom
	shift
	goreleaser=$(internal/tools/tool.sh release goreleaser)
	sbom=$(internal/tools/tool.sh sbom cyclonedx-gomod)
	(cd "$dir" && PATH=${sbom%/*}:$PATH "$goreleaser" release --clean "$@")
}

# isolate DIR makes this shell one whose programs have their home in DIR and see no
# settings of the user. TF_LOG is let through.
isolate() {
	local name
	for name in $(compgen -e); do
		case $name in
		TF_LOG*) ;;
		TF_* | HW_* | OS_* | XDG_* | *_proxy | *_PROXY) unset "$name" ;;
		esac
	done
	mkdir -p "$1/home"
	export HOME=$1/home CHECKPOINT_DISABLE=1
}

# isolate_cli DIR builds the provider into DIR and makes this shell one in which
# the CLI installs that build, and sees neither the settings of the user nor the
# network.
isolate_cli() {
	build_mirror "$1/mirror"
	isolate "$1"
	printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$1/mirror" >"$1/cli.tfrc"
	export TF_CLI_CONFIG_FILE=$1/cli.tfrc
}

# temporary_dir sets temp to a directory that is removed when the script ends, and
# has what runs in the background end with it.
temporary_dir() {
	temp=$(mktemp -d)
	trap 'clean_up' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

clean_up() {
	local job
	for job in $(jobs -p); do
		kill "$job" 2>/dev/null || true
		wait "$job" 2>/dev/null || true
	done
	rm -rf "$temp"
}

# start_simulator [ARGUMENT...] serves in the background, and puts what to export
# into the file $temp/settings.
start_simulator() {
	CGO_ENABLED=0 go build -o "$temp/workspace-simulator" ./internal/simulator/cmd/workspace-simulator
	"$temp/workspace-simulator" "$@" >"$temp/settings" 2>"$temp/simulator.log" &
	until [ -s "$temp/settings" ]; do
		kill -0 $! 2>/dev/null || fail "$(cat "$temp/simulator.log")"
		sleep 0.1
	done
}

# say prints a heading.
say() {
	printf '\n==> %s\n' "$*"
}
