import type { CommitWord } from "../memory/commit-word.js";
import type { Mapping } from "../memory/mapping.js";
import type { SegmentHeader } from "./header.js";
import { type Layout, Participant } from "./layout.js";

/** The memory of an open segment: its areas, and the words in them, made at first use. */
export class SegmentMemory {
  /** The whole file. */
  readonly mapping: Mapping;
  readonly header: SegmentHeader;
  readonly layout: Layout;
  /** Everything before the directory: small, whatever the size of the segment. Offsets are those of the file. */
  readonly control: Mapping;
  readonly #words = new Map<number, CommitWord>();
  readonly #parts: (Mapping | undefined)[] = [];
  readonly #partWords = new Map<number, CommitWord>();

  constructor(mapping: Mapping, header: SegmentHeader) {
    this.mapping = mapping;
    this.header = header;
    this.layout = header.layout;
    // R7: what this host's caches have of it may be from before the segment was made.
    mapping.invalidate(0, this.layout.dataAt, "segment.open");
    this.control = mapping.window(0, this.layout.directoryAt);
  }

  /** A host's part of the directory. */
  part(host: number): Mapping {
    let part = this.#parts[host];
    if (part === undefined) {
      part = this.mapping.window(this.layout.partAt(host), this.layout.partSize);
      this.#parts[host] = part;
    }
    return part;
  }

  /** A word of 64 bits in a host's part of the directory. */
  partWord(host: number, offset: number, site: string): CommitWord {
    const key = this.layout.partAt(host) + offset;
    let word = this.#partWords.get(key);
    if (word === undefined) {
      word = this.part(host).commitWord(offset, { bits: 64, site });
      this.#partWords.set(key, word);
    }
    return word;
  }

  /** A word of the control area. */
  word(offset: number, bits: 32 | 64, site: string): CommitWord {
    let word = this.#words.get(offset);
    if (word === undefined) {
      word = this.control.commitWord(offset, { bits, site });
      this.#words.set(offset, word);
    }
    return word;
  }

  heartbeat(participant: number): CommitWord {
    return this.word(this.layout.participantAt(participant) + Participant.heartbeat, 64, "segment.heartbeat");
  }

  /** The word in which one participant fences another, or declares it dead. */
  revocation(by: number, participant: number): CommitWord {
    const lane = this.layout.participantAt(by) + Participant.revocations;
    return this.word(lane + 4 * participant, 32, "segment.revocation");
  }
}
