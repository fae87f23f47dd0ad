// clang-tidy over the addon, with the checks of .clang-tidy, and how long it took. Needs a build: the compile commands.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = readdirSync(`${root}/src-native`).filter((name) => name.endsWith(".cc"));
let failed = false;

async function lint() {
  for (let source = sources.pop(); source !== undefined; source = sources.pop()) {
    const args = ["-p", "build", "--quiet", `src-native/${source}`];
    await promisify(execFile)("clang-tidy", args, { cwd: root }).catch(({ stdout, stderr }) => {
      failed = true;
      console.error(stdout || stderr);
    });
  }
}

const start = performance.now();
await Promise.all(Array.from({ length: availableParallelism() }, lint));
console.log(
  `clang-tidy: ${failed ? "findings" : "no findings"} in ${Math.round((performance.now() - start) / 1000)} s`,
);
process.exit(failed ? 1 : 0);
