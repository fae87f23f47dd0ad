import type { Duplex } from "node:stream";
import { Lines } from "./lines.js";

/** QEMU's own protocol, to stop and continue its guest. */
export class Qmp {
  readonly #lines: Lines;
  readonly #answers: ((answer: object) => void)[] = [];

  constructor(stream: Duplex) {
    this.#lines = new Lines(stream, (line) => {
      const answer = JSON.parse(line) as object;
      // The rest is a greeting and events.
      if ("return" in answer || "error" in answer) this.#answers.shift()?.(answer);
    });
    void this.execute("qmp_capabilities");
  }

  /** Runs a command that answers at once. */
  async execute(command: string): Promise<void> {
    const answered = new Promise<object>((resolve) => this.#answers.push(resolve));
    this.#lines.write(JSON.stringify({ execute: command }));
    const answer = await answered;
    if ("error" in answer) throw new Error(`${command}: ${JSON.stringify(answer.error)}`);
  }
}
