// Runs the memory and fault tests against instrumented builds of the addon, and looks for leaks in plain scripts. The
// tests run in a copy of the package whose build/Release is the instrumented one, so nothing else has to know of it.
// Arguments: address, thread or leaks (default: all of them), then what vitest takes.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const parts = ["address", "thread", "leaks"].filter(
  (part) => process.argv.slice(2).length === 0 || process.argv.includes(part),
);
const given = process.argv.slice(2).filter((argument) => !["address", "thread", "leaks"].includes(argument));
const tests = given.length > 0 ? given : ["test/faults", "test/memory"];

/** The tests want to see their signals, not the sanitizer's report of them. */
const SIGNALS = "handle_segv=0:handle_sigbus=0:handle_abort=0";
const ADDRESS = "libasan.so";
const THREAD = "libtsan.so";

function step(name, command, args, options = {}) {
  const start = performance.now();
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${name}: ${status === 0 ? "no findings" : `FAILED (${signal ?? status})`} in ${seconds} s`);
  if (status !== 0) process.exitCode = 1;
}

/** A copy of the package with a build of its own. */
function instrumented(sanitizers) {
  const copy = join(root, "build-sanitize", `package-${sanitizers}`);
  step(`build with ${sanitizers}`, process.execPath, ["src-native/build.mjs", "--sanitize", sanitizers]);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(join(copy, "build/Release"), { recursive: true });
  cpSync(join(root, "build-sanitize", sanitizers, "Release/famfs.node"), join(copy, "build/Release/famfs.node"));
  for (const name of ["package.json", "tsconfig.json", "dist", "types", "lib"]) {
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: (path) => !path.includes("node_modules") });
  }
  mkdirSync(join(copy, "test"));
  for (const name of readdirSync(join(root, "test")).filter((entry) => !["bench", "versions"].includes(entry))) {
    cpSync(join(root, "test", name), join(copy, "test", name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function environment(library, options) {
  const found = spawnSync("gcc", [`-print-file-name=${library}`], { encoding: "utf8" }).stdout.trim();
  return { ...process.env, CHILD_TIMEOUT: "100000", LD_PRELOAD: realpathSync(found), ...options };
}

const vitest = [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--config",
  "test/vitest.config.ts",
  "--typecheck.enabled=false",
  "--test-timeout=120000",
  // A sanitizer keeps freed memory and maps its own, so growth says nothing here; and it dies at the limit of mappings.
  "--testNamePattern",
  "^(?!.*(leaves no mapping, descriptor or memory behind|vm\\.max_map_count))",
  ...tests,
];

if (parts.includes("address") || parts.includes("leaks")) {
  const cwd = instrumented("address,undefined");
  const options = (leaks) => ({
    ASAN_OPTIONS: `detect_leaks=${leaks}:${SIGNALS}`,
    UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:${SIGNALS}`,
    LSAN_OPTIONS: `suppressions=${here}leaks.supp:print_suppressions=0`,
  });
  if (parts.includes("address"))
    step("address, undefined", process.execPath, vitest, { cwd, env: environment(ADDRESS, options(0)) });
  if (parts.includes("leaks")) {
    for (const script of readdirSync(join(here, "leaks"))) {
      cpSync(join(here, "leaks", script), join(cwd, script));
      step(`leaks, ${script}`, process.execPath, ["--expose-gc", script], {
        cwd,
        env: environment(ADDRESS, options(1)),
      });
    }
  }
}
if (parts.includes("thread")) {
  const cwd = instrumented("thread");
  const options = { TSAN_OPTIONS: `suppressions=${here}thread.supp:${SIGNALS}:exitcode=66:halt_on_error=1` };
  step("thread", process.execPath, vitest, { cwd, env: environment(THREAD, options) });
}
