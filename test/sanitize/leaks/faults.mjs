// Mappings that are closed, collected, failed and left open; a job; a worker. What the addon keeps at the end is a leak.
import * as fs from "node:fs";
import { Worker } from "node:worker_threads";
import { createTmpfsInstance, openHandle } from "famfs";

const turns = (milliseconds = 10) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const instance = await createTmpfsInstance();
const file = await instance.create("file", { size: 1 << 20 });
for (let i = 0; i < 50; i++) {
  const mapping = file.map();
  mapping.bytes()[i] = 1;
  if (i % 2 === 0) mapping.close();
  if (i === 0) await mapping.released;
}
await file.map().prefault("write");
const stray = (await instance.open("file")).map();
stray.bytes().fill(2);
const truncated = file.map();
let told = 0;
truncated.on("fault", () => told++);
const bytes = truncated.bytes();
const worker = new Worker(
  `import("famfs").then(async ({ openHandle }) => (await openHandle(require("node:worker_threads").workerData)).bytes()[0])`,
  { eval: true, workerData: file.map().handle() },
);
await new Promise((resolve) => worker.on("exit", resolve));
await openHandle({ ...file.map().handle(), identity: "0:0" }).catch(() => {});
fs.truncateSync(file.path, 4096);
for (const byte of bytes) told += byte & 0;
for (let i = 0; i < 5; i++) {
  gc();
  await turns();
}
if (told !== 1) throw new Error(`the fault was told ${told} times`);
await instance.close();
await turns();
