#!/usr/bin/env bash
# Builds the provider into the directory in the home directory in which `init`
# looks before it asks a registry; Terraform and OpenTofu share it.
source "$(dirname "$0")/project.sh"

build_mirror ~/.terraform.d/plugins
echo "$address $version is installed in ~/.terraform.d/plugins"
