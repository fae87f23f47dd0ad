// For scripts in a guest: a conversation with the scenario that started them, one JSON value a line.
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** Sends a value to the scenario's `message()`. */
export function send(value) {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

const lines = [];
let wake = () => {};
createInterface({ input: process.stdin }).on("line", (line) => {
  lines.push(line);
  wake();
});
// Only who waits for a message keeps the process alive.
process.stdin.unref();

/** The next value that the scenario sends with `send()`. */
export async function message() {
  process.stdin.ref();
  while (lines.length === 0) {
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
  process.stdin.unref();
  return JSON.parse(lines.shift());
}
