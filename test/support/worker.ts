import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";

const FAMFS = new URL("../../dist/index.js", import.meta.url).href;

/** Starts a worker with `famfs`, `data` and `port` in scope; the code may await. It is terminated when the test ends. */
export function startWorker(code: string, data: unknown = {}): Worker {
  const source = `
    const { workerData, parentPort: port } = require("node:worker_threads");
    (async () => {
      const famfs = await import(workerData.famfs);
      const data = workerData.data;
      ${code}
    })().catch((error) => { setImmediate(() => { throw error; }); });`;
  const worker = new Worker(source, { eval: true, workerData: { famfs: FAMFS, data } });
  onTestFinished(async () => {
    await worker.terminate();
  });
  return worker;
}

/** The next message of a worker; rejects when it fails or ends without one. */
export function nextMessage<T = unknown>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code} without a message`)));
  });
}
