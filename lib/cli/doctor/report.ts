import type { WriteStream } from "node:tty";
import { printable } from "../output.js";
import type { Finding, Level } from "./finding.js";

const COLOURS: Record<Level, number> = { ok: 32, note: 36, warning: 33, problem: 31 };
const LEVEL_WIDTH = 9;
const ID_WIDTH = 24;
const TEXT_AT = 2 + LEVEL_WIDTH + ID_WIDTH;

/** Findings as text, told as they come: to a terminal in colours and broken into lines, else a line each. */
export class Report {
  readonly #stream: NodeJS.WriteStream;
  readonly #colours: boolean;
  readonly #width: number;
  #heading: string | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // hasColors() knows NO_COLOR and dumb terminals.
    this.#colours = stream.isTTY === true && (stream as WriteStream).hasColors();
    this.#width = stream.isTTY === true ? Math.max(stream.columns, TEXT_AT + 40) : Number.POSITIVE_INFINITY;
  }

  /** One finding. */
  tell({ id, level, text, remedy, instance }: Finding & { readonly instance?: string }): void {
    const heading = instance === undefined ? "This host" : `Instance ${printable(instance)}`;
    if (heading !== this.#heading) this.#write(`${this.#heading === undefined ? "" : "\n"}${heading}\n`);
    this.#heading = heading;
    const mark = this.#coloured(level, level.padEnd(LEVEL_WIDTH));
    this.#write(`  ${mark}${`${id} `.padEnd(ID_WIDTH)}${this.#broken(text)}\n`);
    if (remedy !== undefined) this.#write(`${" ".repeat(TEXT_AT)}${this.#broken(`to do: ${remedy}`)}\n`);
  }

  /** The last line. */
  end(counts: Record<Level, number>): void {
    const said = (Object.keys(counts) as Level[])
      .reverse()
      .map((level) => `${counts[level]} ${level}${level === "ok" || counts[level] === 1 ? "" : "s"}`);
    this.#write(`\n${said.join(", ")}\n`);
  }

  #coloured(level: Level, text: string): string {
    return this.#colours ? `\x1b[${COLOURS[level]}m${text}\x1b[0m` : text;
  }

  /** Broken between words, to the right of the other columns. */
  #broken(text: string): string {
    const lines = [""];
    for (const word of printable(text).split(" ")) {
      const line = lines.at(-1) as string;
      if (line === "") lines[lines.length - 1] = word;
      else if (TEXT_AT + line.length + 1 + word.length <= this.#width) lines[lines.length - 1] = `${line} ${word}`;
      else lines.push(word);
    }
    return lines.join(`\n${" ".repeat(TEXT_AT)}`);
  }

  #write(text: string): void {
    this.#stream.write(text);
  }
}
