// Builds the addon with cmake-js, after naming any tool that is missing.
//   node src-native/build.mjs                                   build/Release/famfs.node, what is out of date
//   node src-native/build.mjs --clean                           the same from nothing
//   node src-native/build.mjs --sanitize address,undefined      instrumented, in build-sanitize/address,undefined/
//   node src-native/build.mjs --bench                           the yardsticks of test/bench, in build/bench/
//   node src-native/build.mjs --arm64                           cross-built, to prebuilds/linux-arm64/
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    clean: { type: "boolean" },
    sanitize: { type: "string" },
    bench: { type: "boolean" },
    arm64: { type: "boolean" },
  },
});

// Tool to Debian package.
const tools = { cmake: "cmake", make: "make", "g++": "g++" };
if (values.arm64) tools["aarch64-linux-gnu-g++"] = "g++-aarch64-linux-gnu";

if (process.platform !== "linux") {
  console.error(`famfs: the addon is built on Linux only, this is ${process.platform}; the pure parts work without it`);
  process.exit(0);
}
const missing = Object.keys(tools).filter((tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).status !== 0);
if (missing.length > 0) {
  const packages = missing.map((tool) => tools[tool]).join(" ");
  console.error(`famfs: to build the addon, ${missing.join(", ")} must be on the PATH. On Debian or Ubuntu:\n`);
  console.error(`  sudo apt-get install ${packages}\n`);
  process.exit(1);
}

if (!existsSync(`${root}node_modules/cmake-js`)) {
  console.error('famfs: the build tools are not installed; run "npm ci" first');
  process.exit(1);
}

const args = [values.clean ? "rebuild" : "compile", "--log-level", "warn", "--prefer-make", "--parallel", "2"];
if (values.sanitize) args.push("--out", `build-sanitize/${values.sanitize}`, `--CDFAMFS_SANITIZE=${values.sanitize}`);
if (values.bench) args.push("--out", "build/bench", "--CDFAMFS_BENCH=ON", "--target", "yardsticks");
if (values.arm64) {
  args.push("--out", "build-arm64", "--arch", "arm64");
  args.push(`--CDCMAKE_TOOLCHAIN_FILE=${root}src-native/aarch64.cmake`);
}
const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
const build = spawnSync(process.execPath, [cmakeJs, ...args], { cwd: root, encoding: "utf8" });
if (build.status !== 0) {
  process.stderr.write(build.stdout + build.stderr);
  process.exit(build.status ?? 1);
}
if (values.arm64) {
  mkdirSync(`${root}prebuilds/linux-arm64`, { recursive: true });
  copyFileSync(`${root}build-arm64/Release/famfs.node`, `${root}prebuilds/linux-arm64/famfs.node`);
}
