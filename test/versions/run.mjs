// Runs tests on each Node version that is supported besides the running one. Arguments: what vitest takes, such as
// test/faults; default: what depends on the engine.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const tests = process.argv.length > 2 ? process.argv.slice(2) : ["test/faults", "test/memory", "test/instance"];

function run(command, args, cwd) {
  const start = performance.now();
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  return { status, seconds: Math.round((performance.now() - start) / 1000) };
}

const install = run("npm", ["ci", "--ignore-scripts"], folder);
if (install.status !== 0) process.exit(1);
console.log(`installed in ${install.seconds} s`);

const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", ...tests];
const binaries = readdirSync(`${folder}/node_modules`).filter((name) => name.endsWith(`-${process.arch}`));
const results = binaries.map((name) => ({ name, ...run(`${folder}/node_modules/${name}/bin/node`, vitest, root) }));
for (const { name, status, seconds } of results)
  console.log(`${name}: ${status === 0 ? "passed" : "FAILED"} in ${seconds} s`);
process.exit(results.length > 0 && results.every(({ status }) => status === 0) ? 0 : 1);
