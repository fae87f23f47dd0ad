// For scripts in a guest: a conversation with the scenario that started them, one JSON value a line.
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** Sends a value to the scenario's `message()`. */
export function send(value) {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

const lines = [];
let listening = false;
let wake = () => {};

function listen() {
  listening = true;
  createInterface({ input: process.stdin }).on("line", (line) => {
    lines.push(line);
    wake();
  });
}

/** The next value that the scenario sends with `send()`; only for programs that `guest.node()` started. */
export async function message() {
  if (!listening) listen();
  // Only who waits for a message keeps the process alive.
  process.stdin.ref();
  while (lines.length === 0) {
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
  process.stdin.unref();
  return JSON.parse(lines.shift());
}
