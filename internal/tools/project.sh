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

# isolate_cli DIR builds the provider into DIR and makes this shell one in which
# the CLI installs that build, and sees neither the settings of the user nor the
# network. TF_LOG is let through.
isolate_cli() {
	local name
	build_mirror "$1/mirror"
	for name in $(compgen -e); do
		case $name in
		TF_LOG*) ;;
		TF_* | HW_* | OS_* | *_proxy | *_PROXY) unset "$name" ;;
		esac
	done
	mkdir "$1/home"
	printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$1/mirror" >"$1/cli.tfrc"
	export HOME=$1/home TF_CLI_CONFIG_FILE=$1/cli.tfrc CHECKPOINT_DISABLE=1
}
