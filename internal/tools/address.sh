#!/usr/bin/env bash
# Changes the provider's source address in every file, and with MODULE the path of
# the Go module, too. What it cannot know, a test in internal/release finds.
source "$(dirname "$0")/project.sh"

kind=${address##*/}
[[ ${TO:-} =~ ^[a-z0-9.-]+(:[0-9]+)?/[a-z0-9_-]+/$kind$ ]] ||
	fail "usage: make address TO=registry.terraform.io/NAMESPACE/$kind [MODULE=github.com/NAMESPACE/terraform-provider-$kind]"

# replace FROM TO [BEFORE] replaces what stands after a match of BEFORE.
replace() {
	# shellcheck disable=SC2016 # The variables are Perl's.
	git grep --untracked -lzIF -e "$1" | FROM=$1 TO=$2 BEFORE=${3:-} \
		xargs -0 perl -pi -e 's{($ENV{BEFORE})\Q$ENV{FROM}\E(?![\w-])}{$1$ENV{TO}}g' || true
}

module=$(go list -m)
replace "$address" "$TO"
# Tests with terraform-plugin-testing are told host and namespace apart.
from=${address%/*} to=${TO%/*}
replace "${from%/*}" "${to%/*}" 'TF_ACC_PROVIDER_HOST\W+'
replace "${from#*/}" "${to#*/}" 'TF_ACC_PROVIDER_NAMESPACE\W+'
[ -z "${MODULE:-}" ] || replace "$module" "$MODULE"

go test ./internal/release -run TestAddress
echo "The address is $TO, the module $(go list -m). Next: make generate, make test, and look at the difference."
