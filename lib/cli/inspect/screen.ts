import type { WriteStream } from "node:tty";

const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?1049l";
const HOME = "\x1b[H";
const REST_OF_LINE = "\x1b[K";
const REST_OF_SCREEN = "\x1b[J";

/** A terminal that shows one text after the other in the same place; what it showed before comes back at the end. */
export class Screen {
  readonly #stream: WriteStream;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    stream.write(ENTER);
  }

  /** As much of it as there is room for. */
  draw(text: string): void {
    const { rows, columns } = this.#stream;
    const lines = text.trimEnd().split("\n");
    const fits = lines.length <= rows;
    const shown = fits ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
    const cropped = shown.map((line) => `${[...line].slice(0, columns).join("")}${REST_OF_LINE}`);
    this.#stream.write(`${HOME}${cropped.join("\n")}${REST_OF_SCREEN}`);
  }

  end(): void {
    this.#stream.write(LEAVE);
  }
}
