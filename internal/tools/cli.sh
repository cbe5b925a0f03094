#!/usr/bin/env bash
# Prints the path of a CLI.
#
#   cli.sh [NAME]      terraform, tofu or a path; default: TF_ACC_TERRAFORM_PATH if
#                      it is set, else terraform if it is on PATH, else tofu
#
# A tofu that is not on PATH is built from its module.
set -euo pipefail

name=${1:-${TF_ACC_TERRAFORM_PATH:-}}
if [ -z "$name" ]; then
	name=tofu
	if command -v terraform >/dev/null; then name=terraform; fi
fi

if path=$(command -v "$name"); then
	case $path in
	/*) echo "$path" ;;
	*) echo "$PWD/$path" ;; # Tests run elsewhere.
	esac
elif [ "$name" = tofu ]; then
	echo "There is no tofu on PATH." >&2
	"$(dirname "$0")/tool.sh" opentofu tofu
else
	echo "There is no CLI $name." >&2
	exit 1
fi
