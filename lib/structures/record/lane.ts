import { FamfsError } from "../../errors.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Mapping } from "../../memory/mapping.js";
import { Lane as Offsets, Slot, slotSize } from "./layout.js";
import type { Version } from "./version.js";

/** A reader that meets a writer looks again so often; each time the writer has come two versions further. */
const ATTEMPTS = 16;

/** A selector counts no further: commit words hold twice the version. */
const MOST_VERSIONS = (Number.MAX_SAFE_INTEGER - 1) / 2;

/**
 * Two versions of some bytes, written in turn by one writer (R2b), and a selector that says which one is the newest.
 * A writer that dies at work leaves the newest one as it is.
 */
export class Lane {
  /** Of the selector, in bytes from the start of the mapping. */
  readonly offset: number = 0;
  readonly #selector: CommitWord;
  readonly #even: CommitWord;
  readonly #odd: CommitWord;

  constructor(memory: Mapping, offset: number, recordSize: number) {
    const slot = (number: number) => offset + Offsets.slots + number * slotSize(recordSize) + Slot.word;
    this.offset = offset + Offsets.selector;
    this.#selector = memory.commitWord(this.offset, { bits: 64, site: "record.selector" });
    this.#even = memory.commitWord(slot(0), { bits: 64, site: "record.slot" });
    this.#odd = memory.commitWord(slot(1), { bits: 64, site: "record.slot" });
  }

  /** The number of the newest version; 0 where there is none. */
  observe(): number {
    return this.#selector.observe();
  }

  /**
   * Copies the newest version.
   * @param known the number of a version that need not be copied again; 0 where there is none
   * @returns its number, `known` where nothing was copied; undefined where the writer was faster at each attempt
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where its checksum stays wrong
   */
  tryRead(target: Version, known = 0): number | undefined {
    let damaged = 0;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const version = this.#selector.observe();
      if (version === known) return known;
      const word = this.#slotOf(version);
      if (!word.readAs(2 * version, word.offset + Slot.bytes, target.bytes)) continue;
      if (target.isWhole()) return version;
      damaged++;
    }
    if (damaged === ATTEMPTS) throw this.#damaged();
    return undefined;
  }

  /**
   * Before the first write of a writer: what a predecessor was at when it died is not taken for a version.
   * @returns the number of the newest version
   */
  takeOver(): number {
    const version = this.#selector.observe();
    const next = this.#slotOf(version + 1);
    if (next.observe() === 2 * (version + 1)) next.begin();
    return version;
  }

  /** Writes a version whose number is the newest one's plus one. */
  write(version: number, bytes: Uint8Array): void {
    if (version > MOST_VERSIONS) throw this.#full();
    const word = this.#slotOf(version);
    failPoint("record.slot");
    word.overwrite(2 * version, word.offset + Slot.bytes, bytes);
    failPoint("record.selector");
    this.#selector.set(version);
    failPoint("record.written");
  }

  #slotOf(version: number): CommitWord {
    return (version & 1) === 0 ? this.#even : this.#odd;
  }

  #damaged(): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `the newest version at offset ${this.offset} has a wrong checksum, ${ATTEMPTS} times in a row: its lines are of different writes, so this memory does not do what docs/memory-model.md assumes, or something else stores here`,
    );
  }

  #full(): FamfsError {
    return new FamfsError("ERR_FAMFS_CORRUPT", "the number of the newest version is beyond any that was written");
  }
}
