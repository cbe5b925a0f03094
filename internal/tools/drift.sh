#!/usr/bin/env bash
# Fails if make generate changes anything.
source "$(dirname "$0")/project.sh"

temporary_dir
cp -R docs examples "$temp"
internal/tools/generate.sh
for folder in docs examples; do
	diff -ru "$temp/$folder" "$folder" || fail "make generate changes $folder: run it and commit the result"
done
