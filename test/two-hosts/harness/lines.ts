import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";

/** A conversation with QEMU or with what runs in it, by lines. */
export class Lines {
  constructor(
    readonly stream: Duplex,
    onLine: (line: string) => void,
  ) {
    // The other side ends without a farewell when it is killed; that is told by its process.
    stream.on("error", () => undefined);
    createInterface({ input: stream })
      .on("line", onLine)
      .on("error", () => undefined);
  }

  write(line: string): void {
    this.stream.write(`${line}\n`);
  }
}
