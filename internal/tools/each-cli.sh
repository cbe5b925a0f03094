#!/usr/bin/env bash
# Runs a command with each CLI, one after another, and fails if it failed with any.
#
#   each-cli.sh COMMAND...      CLIS names them, as cli.sh takes them; default:
#                               terraform, if it is on PATH, and tofu
source "$(dirname "$0")/project.sh"

clis=${CLIS:-}
if [ -z "$clis" ]; then
	clis=tofu
	if command -v terraform >/dev/null; then clis="terraform tofu"; fi
fi

failed=
for name in $clis; do
	if cli=$(internal/tools/cli.sh "$name"); then
		printf '\n==> %s: %s\n' "$(env -u TF_CLI_CONFIG_FILE CHECKPOINT_DISABLE=1 "$cli" version | sed -n 1p)" "$cli"
		TF_ACC_TERRAFORM_PATH=$cli "$@" && continue
	fi
	failed="$failed $name"
done
[ -z "$failed" ] || fail "failed with:$failed"
