#!/usr/bin/env bash
# Prints the path of the CLI to use: TF_ACC_TERRAFORM_PATH if it is set, else
# terraform from PATH, else tofu from PATH, else OpenTofu built from its module.
set -euo pipefail

if [ -n "${TF_ACC_TERRAFORM_PATH:-}" ]; then
	echo "$TF_ACC_TERRAFORM_PATH"
elif ! command -v terraform && ! command -v tofu; then
	echo "There is no terraform and no tofu on PATH." >&2
	"$(dirname "$0")/tool.sh" opentofu tofu
fi
