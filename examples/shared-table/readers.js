import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WAYS } from "./ways.js";

const PROGRAM = fileURLToPath(new URL("reader.js", import.meta.url));

/** Readers that run. However this process ends, none of them stays. */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A reader process, as the main process sees it. */
class Reader {
  #child;
  #ended;

  constructor() {
    // Detached: Ctrl-C in a terminal goes to the main process alone, which then ends its readers.
    this.#child = fork(PROGRAM, { serialization: "advanced", detached: true });
    running.add(this.#child);
    this.#ended = new Promise((_, reject) => {
      this.#child.on("error", reject);
      this.#child.once("exit", (code, signal) => {
        running.delete(this.#child);
        const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
        reject(new Error(`reader process ${this.#child.pid} ${how} before its work was done`));
      });
    });
    this.#ended.catch(() => {});
  }

  async answer() {
    const [message] = await Promise.race([once(this.#child, "message"), this.#ended]);
    return message;
  }

  send(message) {
    this.#child.send(message);
  }

  async stop() {
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }
}

/**
 * Has several new processes read the table at the same time, and ends them.
 * @param {keyof typeof WAYS} way
 * @param {{ mapping: import("famfs").Mapping, path: string, table: Float32Array }} source the table, in each form
 * @param {number} count of processes
 * @returns what each reader measured, times in milliseconds since all were told to start, memory in bytes
 */
export async function runReaders(way, source, count) {
  const readers = Array.from({ length: count }, () => new Reader());
  const greetings = await Promise.all(readers.map((reader) => reader.answer()));
  const answers = Promise.all(readers.map((reader) => reader.answer()));
  const startedAt = process.hrtime.bigint();
  for (const reader of readers) reader.send({ way, sent: WAYS[way].send(source), startedAt });
  const measured = await answers;
  await Promise.all(readers.map((reader) => reader.stop()));
  return measured.map((answer, index) => ({ ...answer, memoryBefore: greetings[index].memoryBefore }));
}
