#!/usr/bin/env bash
# Runs the tests against a real account. They only read.
source "$(dirname "$0")/project.sh"

[ -n "${HW_WORKSPACE_JOB_ID:-}" ] ||
	fail "testacc needs HW_WORKSPACE_JOB_ID, the id of a job that has ended"
[ -n "${HW_AUTH_TOKEN:-}${HW_ACCESS_KEY:-}${HW_USER_PASSWORD:-}" ] ||
	fail "testacc needs a credential: HW_AUTH_TOKEN, HW_ACCESS_KEY with HW_SECRET_KEY, or HW_USER_PASSWORD with HW_USER_NAME and HW_DOMAIN_NAME"
[ -n "${HW_REGION_NAME:-}${HW_WORKSPACE_ENDPOINT:-}" ] ||
	fail "testacc needs HW_REGION_NAME, or HW_WORKSPACE_ENDPOINT"

# go test is content when no test has the name.
go test -tags testacc -list '^TestAccLive' ./internal/provider | grep '^TestAccLive' >/dev/null ||
	fail "internal/provider has no test named TestAccLive..."

TF_ACC_TERRAFORM_PATH=$(internal/tools/cli.sh)
export TF_ACC_TERRAFORM_PATH TF_ACC=1 CHECKPOINT_DISABLE=1
unset TF_CLI_CONFIG_FILE
go test -tags testacc ./internal/provider -run '^TestAccLive' -count=1 -v -timeout 60m
