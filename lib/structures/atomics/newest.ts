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
  /** The halves of its 64 bits; 0 where nobody has stored. Most elements need the low one only. */
  low = 0;
  #high = 0;
  #ticket = 0;
  /** Where the value is from; -1 where nobody has stored. */
  #line = -1;

  constructor(word: (at: number) => CommitWord) {
    this.#word = word;
  }

  begin(): void {
    this.low = 0;
    this.#high = 0;
    this.#ticket = 0;
    this.#line = -1;
  }

  /** All 64 bits. */
  get value(): bigint {
    return (BigInt(this.#high) << 32n) + BigInt(this.low);
  }

  /**
   * Looks at a participant's line.
   * @returns whether it has a higher ticket than those looked at before
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT where it never stands still
   */
  look(line: number): boolean {
    const before = this.#ticket;
    const lineBefore = this.#line;
    this.#lookUntilWhole(line);
    return this.#ticket !== before || this.#line !== lineBefore;
  }

  #lookUntilWhole(line: number): void {
    const a = line + ElementLine.versions[0];
    const b = line + ElementLine.versions[1];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const ofA = this.#lookAt(line, a);
      const ofB = this.#lookAt(line, b);
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
      this.low = this.#data.getUint32(0, true);
      this.#high = this.#data.getUint32(4, true);
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
