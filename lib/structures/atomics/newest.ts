import { FamfsError } from "../../errors.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { ElementLine } from "./layout.js";

/** A participant that stores to a line all the time is looked at so often. */
const ATTEMPTS = 100;

/** Finds the value with the highest ticket among lines. */
export class NewestValue {
  readonly #word: (at: number) => CommitWord;
  readonly #bytes = new Uint8Array(8);
  readonly #data = new DataView(this.#bytes.buffer);
  /** As 64 bits; 0 where nobody has stored. */
  value = 0n;
  #ticket = 0;
  /** Where the value is from; -1 where nobody has stored. */
  #line = -1;

  constructor(word: (at: number) => CommitWord) {
    this.#word = word;
  }

  begin(): void {
    this.value = 0n;
    this.#ticket = 0;
    this.#line = -1;
  }

  /**
   * Looks at a participant's line.
   * @returns whether it has a higher ticket than those looked at before
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT where it never stands still
   */
  look(line: number): boolean {
    const [before, lineBefore] = [this.#ticket, this.#line];
    this.#lookUntilWhole(line);
    return this.#ticket !== before || this.#line !== lineBefore;
  }

  #lookUntilWhole(line: number): void {
    const [a, b] = ElementLine.versions.map((at) => line + at) as [number, number];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [ofA, ofB] = [this.#lookAt(line, a), this.#lookAt(line, b)];
      if (ofA !== undefined && ofB !== undefined) return;
      if (ofA !== undefined && this.#isOlder(b, ofA)) return;
      if (ofB !== undefined && this.#isOlder(a, ofB)) return;
    }
    throw new FamfsError(
      "ERR_FAMFS_TIMEOUT",
      `a participant stored to its line at offset ${line} during each of ${ATTEMPTS} attempts to read it; try again`,
    );
  }

  /** @returns the version's word; undefined while it is being written */
  #lookAt(line: number, at: number): number | undefined {
    const word = this.#word(at);
    const found = word.read(at + ElementLine.value, this.#bytes);
    // Two that chose at once have one ticket, and the lock lets the lower participant in first, whose line is before.
    if (found !== undefined && (found > this.#ticket || (found === this.#ticket && line > this.#line && found > 0))) {
      this.#ticket = found;
      this.#line = line;
      this.value = this.#data.getBigUint64(0, true);
    }
    return found;
  }

  /**
   * Whether the version that is being written replaces one that is older than what the other version was found to be.
   * Else both were written since that look, and what it found is not the newest.
   */
  #isOlder(at: number, other: number): boolean {
    const word = this.#word(at).observe();
    return word % 2 === 1 && word < other;
  }
}
