import type { CommitWord } from "../../lib/memory/commit-word.js";
import { Lane } from "../../lib/structures/record/lane.js";
import { Lane as Offsets, Slot, slotSize } from "../../lib/structures/record/layout.js";
import { Version } from "../../lib/structures/record/version.js";
import { type SimulatedHost, simulateHosts } from "../../lib/testing/index.js";
import { below } from "../conformance/subject.js";
import { randomFrom } from "../support/seed.js";

const RECORD_SIZE = 240;

/** A writer that stands still in the middle of a version: what {@link Lane.write} does, in pieces. */
class SlowWriter {
  readonly #host: SimulatedHost;
  readonly #selector: CommitWord;
  readonly #slots: readonly CommitWord[];
  readonly #source = new Version(RECORD_SIZE, true);
  #piece = 0;
  /** Begun, and published. */
  begun = 0;
  written = 0;

  constructor(host: SimulatedHost) {
    const word = (offset: number, site: string) => host.mapping.commitWord(offset, { bits: 64, site });
    this.#host = host;
    this.#selector = word(Offsets.selector, "record.selector");
    this.#slots = [0, 1].map((slot) => word(Offsets.slots + slot * slotSize(RECORD_SIZE) + Slot.word, "record.slot"));
  }

  step(moments: number): void {
    const { mapping } = this.#host;
    const word = this.#slots[(this.written + 1) % 2] as CommitWord;
    const at = word.offset + Slot.bytes;
    const { byteLength } = this.#source.bytes;
    const half = 128;
    if (this.#piece === 0) this.#begin(word);
    else if (this.#piece === 1) mapping.bytes().set(this.#source.bytes.subarray(0, half), at);
    else if (this.#piece === 2) mapping.bytes().set(this.#source.bytes.subarray(half), at + half);
    else if (this.#piece === 3) word.publish(2 * this.begun, at, byteLength);
    else this.#selector.publish(++this.written, 0, 0);
    this.#piece = (this.#piece + 1) % 5;
    this.#host.pass(moments);
  }

  #begin(word: CommitWord): void {
    this.begun++;
    this.#source.bytes.fill(this.begun & 255, 0, RECORD_SIZE);
    this.#source.seal(0);
    word.begin();
  }
}

/**
 * A reader of a record's lane meets a writer that comes two versions further in the middle of a read, and stands still
 * there. The checksum must not be what saves the reader.
 * @returns what broke; undefined where nothing did
 */
export async function runSlowWriter(seed: number, reads: number): Promise<string | undefined> {
  await using simulation = await simulateHosts(2, { size: 4096, seed, background: false });
  const [first, second = first] = simulation.hosts;
  const random = randomFrom(seed);
  const writer = new SlowWriter(first);
  const lane = new Lane(second.mapping, 0, RECORD_SIZE);
  const copy = new Version(RECORD_SIZE, true);
  let broken: string | undefined;
  const isWhole = copy.isWhole.bind(copy);
  copy.isWhole = () => {
    if (!isWhole()) broken ??= "what was read had a wrong checksum";
    return true;
  };
  let eager = 0;
  simulation.interleave(() => {
    while (random() < eager) writer.step(below(random, 3) * 2);
  });
  for (let read = 0; read < reads && broken === undefined; read++) {
    eager = random() * 0.4;
    const before = writer.written;
    const found = lane.tryRead(copy);
    if (found === undefined) continue;
    if (found < before) broken = `version ${found} was read after ${before} was published`;
    else if (found > 0 && copy.bytes[0] !== (found & 255))
      broken = `version ${found} has the bytes of ${copy.bytes[0]}`;
  }
  simulation.interleave(undefined);
  void simulation.reports;
  return broken;
}
