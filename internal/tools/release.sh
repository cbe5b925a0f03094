#!/usr/bin/env bash
# Publishes the release of the tag that is checked out, with its part of
# CHANGELOG.md as the notes. Needs GITHUB_TOKEN and GPG_FINGERPRINT.
source "$(dirname "$0")/project.sh"

tag=$(git describe --exact-match --tags) || fail "no tag is checked out"
temporary_dir
awk -v version="${tag#v}" '/^## / { on = $2 == version; if (on) print > "/dev/stderr"; next } on' \
	CHANGELOG.md >"$temp/notes.md" 2>"$temp/heading"
[ -s "$temp/heading" ] || fail "CHANGELOG.md has no entry for $tag"
! grep -qi unreleased "$temp/heading" || fail "CHANGELOG.md calls $tag unreleased: give it its date"
build_release . --release-notes "$temp/notes.md"
