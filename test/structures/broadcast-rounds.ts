import { struct, u32, vector } from "../../lib/index.js";
import type { Participant } from "../../lib/segment/participant.js";
import { bodySize, slotSize } from "../../lib/structures/broadcast/layout.js";
import { BroadcastReader } from "../../lib/structures/broadcast/reader.js";
import { type Copies, Ring } from "../../lib/structures/broadcast/ring.js";
import { BroadcastWriter } from "../../lib/structures/broadcast/writer.js";
import { type SimulatedHost, simulateHosts } from "../../lib/testing/index.js";

/** How long a broadcast is tortured. */
export interface BroadcastRun {
  readonly seed: number;
  readonly messages: number;
  /** Of a message, in numbers of 32 bits: up to 16 lie in one line. */
  readonly words: number;
}

const schemaOf = (words: number) => struct({ parts: vector(u32, words) });
type Words = NonNullable<ReturnType<typeof schemaOf>["inferred"]>;

const READERS = 2;
const CAPACITY = 4;
const RUN = 3;

/** Thrown in the middle of a writer's call. */
const KILLED = new Error("killed");

/** The checksum is a detector, not a part of the protocol: here it may never be wrong. */
class StrictRing extends Ring {
  override wholeOnes(copies: Copies, number: number, count: number): number {
    const whole = super.wholeOnes(copies, number, count);
    if (whole < count) throw new Error(`message ${number + whole} was read with a wrong checksum`);
    return whole;
  }
}

class Torture {
  readonly #random: () => number;
  readonly #schema;
  readonly #rings: readonly Ring[];
  #writer;
  readonly #readers;
  /** Messages whose commit has returned, and those whose commit has begun. */
  committed = 0;
  begun = 0;
  broken: string | undefined;
  kills = 0;
  laps = 0;
  #busy = new Set<unknown>();
  #mortal = false;

  constructor(hosts: readonly SimulatedHost[], words: number, random: () => number) {
    this.#random = random;
    this.#schema = schemaOf(words);
    const { size, align } = this.#schema;
    const shape = { size, align, capacity: CAPACITY, run: RUN };
    this.#rings = hosts.map(({ mapping }) => new StrictRing(mapping, shape));
    this.#writer = this.#newWriter();
    this.#readers = this.#rings.slice(1).map((ring) => new BroadcastReader(ring, this.#schema, "it", "oldest"));
  }

  #newWriter() {
    return new BroadcastWriter(this.#rings[0] as Ring, this.#schema, { check() {} } as unknown as Participant, "it");
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Somebody who is not in the middle of something does something. */
  act(): void {
    if (this.broken !== undefined) return;
    if (this.#mortal && this.#below(60) === 0) throw KILLED;
    const who = this.#below(READERS + 1) - 1;
    const reader = this.#readers[who];
    const party = reader ?? "writer";
    if (this.#busy.has(party)) return;
    this.#busy.add(party);
    try {
      if (reader === undefined) this.#write();
      else this.#read(reader);
    } catch (error) {
      this.broken ??= String(error);
    }
    this.#busy.delete(party);
  }

  #write(): void {
    const count = this.#writer.claimRun(1 + this.#below(RUN));
    for (let i = 0; i < count; i++) this.#writer.draftAt(i).parts.fill(this.committed + i);
    this.begun = this.committed + count;
    this.#mortal = true;
    try {
      if (count === 1) this.#writer.write(undefined);
      else this.#writer.commitRun(count);
      this.committed += count;
    } catch (error) {
      if (error !== KILLED) throw error;
      this.#succeed(count);
    }
    this.#mortal = false;
  }

  /** A successor finds all of the run, or nothing of it. */
  #succeed(count: number): void {
    this.kills++;
    this.#mortal = false;
    this.#writer = this.#newWriter();
    const found = (this.#rings[0] as Ring).tail.observe();
    if (found !== this.committed && found !== this.committed + count)
      this.broken ??= `a successor found ${found} messages of ${this.committed} + ${count}`;
    this.committed = found;
    this.begun = found;
  }

  #read(reader: BroadcastReader<Words>): void {
    const { position } = reader;
    const least = this.committed;
    const limit = 1 + this.#below(RUN);
    let count: number;
    try {
      count = limit === 1 ? Number(reader.tryRead() !== undefined) : reader.tryReadRun(limit);
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_FAMFS_LAPPED") throw error;
      const { lost } = error as { lost: number };
      this.laps++;
      if (position + lost !== reader.position) this.broken ??= `${lost} lost, from ${position} to ${reader.position}`;
      if (position + CAPACITY >= this.begun) this.broken ??= `lapped at ${position} of ${this.begun}`;
      return;
    }
    if (count === 0 && position < least) this.broken ??= `message ${position} of ${least} was not seen`;
    for (let i = 0; i < count; i++) {
      const { parts } = reader.at(i);
      if (!parts.every((part) => part === position + i)) this.broken ??= `message ${position + i} was ${[...parts]}`;
    }
    if (position + count > this.begun) this.broken ??= `message ${position} was read before it was written`;
  }
}

/**
 * A writer, which is killed now and then, and readers, one thread playing all of them and each acting in the middle of
 * the others' calls.
 * @returns what broke; undefined where nothing did
 */
export async function runBroadcast({ seed, messages, words }: BroadcastRun): Promise<string | undefined> {
  const size = bodySize(slotSize({ size: 4 * words, align: 4 }), CAPACITY, RUN);
  const simulation = await simulateHosts(1 + READERS, { size, seed, background: false });
  let state = seed;
  // A linear congruence is enough to choose who acts.
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const torture = new Torture(simulation.hosts, words, random);
  simulation.interleave(() => torture.act());
  try {
    while (torture.committed < messages && torture.broken === undefined) torture.act();
    simulation.interleave(undefined);
    if (torture.broken === undefined) simulation.check();
    if (torture.kills === 0 || torture.laps === 0) torture.broken ??= `${torture.kills} kills, ${torture.laps} laps`;
    return torture.broken;
  } finally {
    void simulation.reports;
    await simulation.close();
  }
}
