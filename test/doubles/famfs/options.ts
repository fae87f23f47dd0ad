// Options as getopt reads them: a letter, its value behind it, "--" before the rest.
import { argv, refuseOption } from "./wrong.js";

export class Options {
  readonly rest: readonly string[];
  readonly #given = new Map<string, string[]>();

  /** @param flags the letters without a value, `values` those with one */
  constructor(flags: string, values: string) {
    let at = 1;
    while (at < argv.length && argv[at] !== "--" && argv[at]?.startsWith("-")) {
      const letter = argv[at++]?.slice(1) ?? "";
      const known = letter.length === 1 && (flags.includes(letter) || values.includes(letter));
      if (!known) refuseOption(letter);
      this.#given.set(letter, [...this.all(letter), values.includes(letter) ? (argv[at++] ?? "") : ""]);
    }
    this.rest = argv.slice(argv[at] === "--" ? at + 1 : at);
  }

  has(letter: string): boolean {
    return this.#given.has(letter);
  }

  all(letter: string): readonly string[] {
    return this.#given.get(letter) ?? [];
  }

  /** 0 where there is none, or no number: as strtoull. */
  number(letter: string): number {
    return numberOf(this.all(letter)[0]);
  }

  mode(other: number): number {
    const [text] = this.all("m");
    return text === undefined ? other : Number.parseInt(text, 8);
  }
}

export function numberOf(text: string | undefined): number {
  return Number.parseInt(text ?? "", 10) || 0;
}
