// Builds the addon with cmake-js, after naming any tool that is missing. `--sanitize address,undefined` makes an
// instrumented build in build-sanitize/address,undefined/ instead.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tools = { cmake: "cmake", make: "make", "g++": "g++" };

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

const at = process.argv.indexOf("--sanitize");
const sanitize = at < 0 ? [] : ["--out", `build-sanitize/${process.argv[at + 1]}`, `--CDFAMFS_SANITIZE=${process.argv[at + 1]}`];
const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
const args = [cmakeJs, "compile", "--log-level", "warn", "--config", "Release", "--parallel", "2", "--prefer-make", ...sanitize];
const build = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
// Of a build that went well only its warnings are worth reading.
if (build.status !== 0) process.stderr.write(build.stdout + build.stderr);
process.exit(build.status ?? 1);
