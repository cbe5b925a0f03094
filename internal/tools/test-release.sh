#!/usr/bin/env bash
# Builds the files of a release twice, from two clones of the last commit in
# different directories, and compares them to the byte. Leaves one set in dist/.
#
# ONLY=linux,windows/amd64 limits the platforms; default: all of them.
source "$(dirname "$0")/project.sh"

temporary_dir
for clone in a another/b; do
	git clone --quiet "file://$PWD" "$temp/$clone"
	config=.goreleaser.yml
	if [ -n "${ONLY:-}" ]; then
		config=$temp/goreleaser.yml
		sed "s|\(goos: &goos\).*|\1 [${ONLY%/*}]|; s|\(goarch: &goarch\).*|\1 [${ONLY#*/}]|" .goreleaser.yml >"$config"
	fi
	build_release "$temp/$clone" --snapshot --skip=sign --config "$config"
done
diff "$temp"/a/dist/*_SHA256SUMS "$temp"/another/b/dist/*_SHA256SUMS || fail "two builds of one commit differ"
rm -rf dist
mv "$temp/a/dist" dist
cat dist/*_SHA256SUMS
echo "Two builds of $(git rev-parse --short HEAD) are equal to the byte."
