import { fullFence, WRITER_SPACING } from "../memory/coherence.js";
import { bodyOf, type DirectoryEntry, readEntry, unpackEntry, usedWord } from "./entry.js";
import type { SegmentMemory } from "./memory.js";

/*
 * What a mutex guards, as its owner names it before it stores there: whoever sees the owner's end on its host writes that
 * back (F10, R8). So these bytes of a mutex are known here; the rest is in lib/structures/mutex.
 *
 * The body of a mutex: the line of the hold, and where memory is not coherent a line of the lock for each participant, then
 * a line with ranges for each participant.
 */

/** The kind and version that an entry names. */
export const MUTEX = { kind: "mutex", version: 1 } as const;

/** A line with ranges: offset and length in turn, of 64 bits, in bytes from the start of the segment; length 0: none. */
export const GuardLine = { most: 8, size: WRITER_SPACING } as const;

/** Where a participant's line with ranges is in the body. */
export function guardLineAt(index: number, participants: number): number {
  return (1 + participants + index) * WRITER_SPACING;
}

/** A participant's line with ranges. Only processes of its host look at it, so it is never written back by itself. */
export class GuardRecord {
  readonly #words: Uint32Array;

  /** @param body where the mutex's body begins in the segment */
  constructor({ mapping, layout }: SegmentMemory, body: number, index: number) {
    const at = body + guardLineAt(index, layout.participants);
    const line = mapping.window(at, GuardLine.size);
    this.#words = line.view(Uint32Array);
  }

  /** @param ranges offsets and lengths in turn */
  set(ranges: Float64Array): void {
    for (let i = 0; i < 2 * GuardLine.most; i++) {
      const value = ranges[i] ?? 0;
      this.#words[2 * i] = value;
      this.#words[2 * i + 1] = value / 0x1_0000_0000;
    }
  }

  /** Offset and length of a range, as found: nobody has checked them. */
  get(range: number): readonly [number, number] {
    return [this.#number(2 * range), this.#number(2 * range + 1)];
  }

  #number(at: number): number {
    return (this.#words[2 * at + 1] as number) * 0x1_0000_0000 + (this.#words[2 * at] as number);
  }
}

const SITE = "segment.guarded";

/** Writes back what a participant of this host had guarded, in every mutex. */
export function flushGuarded(memory: SegmentMemory, index: number): void {
  const { mapping, layout } = memory;
  if (mapping.coherence === "coherent") return;
  let flushed = false;
  for (let host = 0; host < layout.hosts; host++) {
    const used = Math.min(usedWord(memory, host).observe(), layout.entriesPerHost);
    for (let i = 0; i < used; i++) {
      const { word, entry } = readEntry(memory, host, i);
      if (entry?.kind !== MUTEX.kind || unpackEntry(word).state !== "ready") continue;
      flushOf(memory, entry, index);
      flushed = true;
    }
  }
  if (flushed) fullFence(SITE);
}

function flushOf(memory: SegmentMemory, entry: DirectoryEntry, index: number): void {
  const { mapping, layout } = memory;
  const body = bodyOf(entry);
  if (entry.version !== MUTEX.version || body.length < guardLineAt(layout.participants, layout.participants)) return;
  mapping.writeBack(body.offset, WRITER_SPACING, SITE);
  const record = new GuardRecord(memory, body.offset, index);
  for (let range = 0; range < GuardLine.most; range++) {
    const [offset, length] = record.get(range);
    if (offset >= layout.dataAt && length > 0 && offset + length <= layout.byteSize)
      mapping.writeBack(offset, length, SITE);
  }
}
