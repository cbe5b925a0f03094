#!/usr/bin/env bash
# Runs all tests, with the race detector if there is a C compiler, which it needs.
#
#   test.sh [ARGUMENT...]       arguments of go test; default: ./...
#
# RACE=required fails where there is none; RACE=off does without.
source "$(dirname "$0")/project.sh"

has_c_compiler() {
	# A real program: Debian's gcc comes without the C library's headers.
	echo '#include <stdlib.h>' | $(go env CC) -E -o /dev/null - 2>/dev/null
}

race=
if [ "${RACE:-}" = off ]; then
	export CGO_ENABLED=0
elif has_c_compiler; then
	export CGO_ENABLED=1
	race=-race
elif [ "${RACE:-}" = required ]; then
	fail "no C compiler: the race detector is required, and needs one"
else
	export CGO_ENABLED=0
	echo "no C compiler: tests run without the race detector"
fi

cli=$(internal/tools/cli.sh)
for name in $(compgen -e); do
	case $name in
	# Proxies stay: go may have modules to download. The tests go to loopback.
	HW_* | OS_* | TF_CLI_CONFIG_FILE) unset "$name" ;;
	esac
done
export TF_ACC_TERRAFORM_PATH=$cli CHECKPOINT_DISABLE=1

[ $# -gt 0 ] || set -- ./...
# Most of the time of the tests with a CLI is waiting, which more of them can share.
go test $race -timeout 30m -parallel 4 "$@"
