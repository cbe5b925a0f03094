#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (default: 1m).
source "$(dirname "$0")/project.sh"

targets=$(grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*\(' internal |
	sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|')
[ -n "$targets" ] || fail "there is no fuzz target"

while read -r package target; do
	echo "$package $target"
	go test "./$package" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-1m}" </dev/null
done <<<"$targets"
