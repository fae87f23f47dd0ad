#!/usr/bin/env node
// prebuildify starts "node-gyp rebuild --target=… --devdir=… --arch=x64 --release" and takes what lands in
// build/Release. This stands in for node-gyp and builds with cmake-js, to which --target means something else.
const { spawnSync } = require("node:child_process");
const { resolve } = require("node:path");

const arch = process.argv.find((argument) => argument.startsWith("--arch="))?.slice("--arch=".length);
if (process.argv[2] !== "rebuild" || (arch !== undefined && arch !== process.arch)) {
  console.error(`famfs: expected "rebuild" for ${process.arch}, found ${process.argv.slice(2).join(" ")}`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [resolve(__dirname, "build.mjs"), "--clean"], { stdio: "inherit" });
process.exit(status ?? 1);
