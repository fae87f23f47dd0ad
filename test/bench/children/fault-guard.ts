// fault-guard GUARD: nanoseconds an element of reading and of writing a mapping of 64 MiB through a view, with
// openInstance's faultGuard as given. Prints { "read": …, "write": … }, the fastest of several passes.
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { openInstance } from "famfs";

const SIZE = 64 * 2 ** 20;
const PASSES = 15;

function read(view: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < view.length; i++) sum += view[i] as number;
  return sum;
}

function write(view: Float64Array, value: number): void {
  for (let i = 0; i < view.length; i++) view[i] = value + i;
}

function fastest(task: (pass: number) => void, elements: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const start = performance.now();
    task(pass);
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / elements;
}

const directory = mkdtempSync("/dev/shm/famfs-bench-guard-");
try {
  const fd = openSync(`${directory}/file`, "w");
  ftruncateSync(fd, SIZE);
  closeSync(fd);
  const instance = await openInstance(directory, { faultGuard: process.argv[2] === "true" });
  const file = await instance.open("file", { access: "read-write" });
  const view = file.map().view(Float64Array);
  write(view, 0);
  let sum = 0;
  const figures = {
    write: fastest((pass) => write(view, pass), view.length),
    read: fastest(() => {
      sum += read(view);
    }, view.length),
  };
  console.log(JSON.stringify(Number.isNaN(sum) ? {} : figures));
  await instance.close();
} finally {
  rmSync(directory, { recursive: true });
}
