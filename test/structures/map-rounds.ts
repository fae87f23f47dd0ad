import { struct, u32, vector } from "../../lib/index.js";
import type { Participant } from "../../lib/segment/participant.js";
import { KeyBuffer } from "../../lib/structures/map/key.js";
import { MapBody, mapSize } from "../../lib/structures/map/layout.js";
import { MapScan } from "../../lib/structures/map/scan.js";
import { halfOf, MapTable } from "../../lib/structures/map/table.js";
import { ValueBuffer } from "../../lib/structures/map/value.js";
import { MapWriter } from "../../lib/structures/map/writer.js";
import { type SimulatedHost, simulateHosts } from "../../lib/testing/index.js";

/** How long a map is tortured. */
export interface MapRun {
  readonly seed: number;
  readonly changes: number;
  /** Of a value, in numbers of 32 bits. */
  readonly words: number;
  /** Bytes of a string's key; 0 for integers. */
  readonly keySize: number;
}

const READERS = 2;
const CAPACITY = 4;
const KEYS = 6;
const SEED = 12345;

/** Thrown in the middle of a writer's call. */
const KILLED = new Error("killed");

/** What a key had from the first change on: the number of its value, 0 where there was none. */
class History {
  readonly states = [0];
  /** Index of the state that the last call which returned left behind. */
  committed = 0;

  get newest(): number {
    return this.states.length - 1;
  }
}

/** What somebody has and works with: a host's table and private memory. */
class Party {
  readonly table: MapTable;
  readonly key: KeyBuffer;
  readonly value: ValueBuffer;
  /** For each key the index of the newest state that was seen. */
  readonly seen = new Array<number>(KEYS).fill(0);
  busy = false;

  constructor(
    readonly host: SimulatedHost,
    { words, keySize }: MapRun,
  ) {
    const shape = { name: "it", capacity: CAPACITY, keySize, valueSize: 4 * words, seed: SEED };
    // The checksum is a detector, not a part of the protocol: here nothing is left to it.
    this.table = new MapTable(host.mapping, 0, shape, false);
    this.key = new KeyBuffer(keySize, SEED);
    this.value = new ValueBuffer(4 * words);
  }

  sizeWord() {
    return this.host.mapping.commitWord(MapBody.size, { bits: 64, site: "map.size" });
  }
}

const schemaOf = (words: number) => struct({ parts: vector(u32, words) });

class Torture {
  readonly #run: MapRun;
  readonly #random: () => number;
  readonly #histories = Array.from({ length: KEYS }, () => new History());
  readonly #parties: readonly Party[];
  #writer: MapWriter;
  #mortal = false;
  #number = 0;
  /** How many keys there were, one change after the other. */
  readonly #sizes = new History();
  changes = 0;
  kills = 0;
  broken: string | undefined;

  constructor(hosts: readonly SimulatedHost[], run: MapRun, random: () => number) {
    this.#run = run;
    this.#random = random;
    this.#parties = hosts.map((host) => new Party(host, run));
    this.#writer = this.#newWriter(false);
  }

  #newWriter(inherited: boolean): MapWriter {
    const owner = this.#parties[0] as Party;
    const sizeWord = owner.sizeWord();
    return new MapWriter(owner.table, { check() {} } as unknown as Participant, { sizeWord, inherited });
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** What a key is called: near the limit, so that it is in another line than its word. */
  #name(key: number): number | string {
    return this.#run.keySize === 0 ? key * 2 ** 40 : `${"k".repeat(this.#run.keySize - 1)}${key}`;
  }

  /** In the middle of a call: the writer may die there, and somebody else may act. */
  interrupt(): void {
    if (this.broken !== undefined) return;
    if (this.#mortal && this.#below(12) === 0) throw KILLED;
    if (this.#below(3) === 0) this.act();
  }

  /** Somebody who is not in the middle of something does something. */
  act(): void {
    const who = this.#below(READERS + 1);
    const party = this.#parties[who] as Party;
    if (party.busy) return;
    party.busy = true;
    try {
      const what = this.#below(8);
      if (who === 0) this.#change(party);
      else if (what === 0) this.#scan(party);
      else if (what === 1) this.#lookForAll(party);
      else this.#look(party, this.#below(KEYS));
    } catch (error) {
      this.broken ??= String(error);
    }
    party.busy = false;
  }

  #change(party: Party): void {
    const key = this.#below(KEYS);
    const history = this.#histories[key] as History;
    const had = history.states[history.newest] !== 0;
    const deletes = had && this.#below(2) === 0;
    const size = this.#size;
    if (!had && size === CAPACITY) return;
    this.#number++;
    party.key.set(this.#name(key));
    party.value.ints.fill(this.#number * KEYS + key);
    history.states.push(deletes ? 0 : this.#number);
    this.#sizes.states.push(this.#size);
    this.#mortal = true;
    try {
      if (deletes) this.#writer.delete(party.key);
      else this.#writer.set(party.key, party.value);
      this.#mortal = false;
    } catch (error) {
      this.#mortal = false;
      if (error !== KILLED) throw error;
      this.#succeed(party, history, key);
    }
    history.committed = history.newest;
    this.#sizes.states.push(this.#size);
    this.#sizes.committed = this.#sizes.newest;
    this.changes++;
  }

  /** A successor finds the key as it was or as it was to be, and that is how it stays. */
  #succeed(party: Party, history: History, key: number): void {
    this.kills++;
    this.#writer = this.#newWriter(true);
    party.key.set(this.#name(key));
    const found = this.#own(party, key);
    if (found === history.states[history.newest - 1]) history.states.push(found);
    else if (found !== history.states[history.newest]) this.#breaks(key, `a successor found ${found}`);
  }

  /** What the writer's host has of a key, by plain loads: to observe it would write it back. */
  #own({ table, key: buffer }: Party, key: number): number {
    const { slots } = table;
    for (let slot = 0; slot < slots.count; slot++) {
      if (!table.ownHas(slot, buffer)) continue;
      const { cells, ints } = slots.piece(slot);
      const at = slots.offsetOf(slot);
      const start = (at + table.valueAt(halfOf(cells.load(at)))) >> 2;
      return this.#numberIn(ints.slice(start, start + this.#run.words), key);
    }
    return 0;
  }

  /** How many keys there are after the newest change. */
  get #size(): number {
    return this.#histories.filter(({ states, newest }) => states[newest] !== 0).length;
  }

  /** The number of a value; it must be one value's, and the key's own. */
  #numberIn(ints: Int32Array, key: number): number {
    const first = ints[0] as number;
    const words = ints.subarray(0, this.#run.words);
    if (!words.every((word) => word === first)) this.#breaks(key, `parts of several values: ${[...words]}`);
    else if (first % KEYS !== key) this.#breaks(key, `the value of key ${first % KEYS}`);
    return (first - (first % KEYS)) / KEYS;
  }

  /** Where each key is at least, before a look: at the last change that returned, and at what was seen before. */
  #least(party: Party): number[] {
    return this.#histories.map(({ committed }, key) => Math.max(committed, party.seen[key] as number));
  }

  /** What was found must be a state that the key has had since. */
  #found(party: Party, key: number, least: number, number: number): void {
    const { states } = this.#histories[key] as History;
    const index = states.indexOf(number, least);
    if (index === -1) this.#breaks(key, `found ${number} among ${states.slice(least)}`);
    else if (number !== 0) party.seen[key] = index;
  }

  #breaks(key: number, what: string): void {
    this.broken ??= `key ${key}: ${what}`;
  }

  #look(party: Party, key: number): void {
    const least = this.#least(party);
    party.key.set(this.#name(key));
    const found = party.table.find(party.key, party.value);
    this.#found(party, key, least[key] as number, found ? this.#numberIn(party.value.ints, key) : 0);
    const { committed } = this.#sizes;
    const size = party.sizeWord().observe();
    const since = this.#sizes.states.slice(committed);
    if (!since.includes(size)) this.broken ??= `the size was ${size} among ${since}`;
  }

  #lookForAll(party: Party): void {
    if (this.#run.keySize !== 0) return;
    const least = this.#least(party);
    const { words } = this.#run;
    const [out, found] = [new Int32Array(KEYS * words), new Uint8Array(KEYS)];
    const keys = Float64Array.from({ length: KEYS }, (_, key) => this.#name(key) as number);
    party.table.findMany(keys, out, found);
    for (let key = 0; key < KEYS; key++) {
      const ints = out.subarray(key * words, (key + 1) * words);
      if ((found[key] as number) > 1) this.#breaks(key, `the outcome ${found[key]}`);
      this.#found(party, key, least[key] as number, found[key] === 1 ? this.#numberIn(ints, key) : 0);
    }
  }

  #scan(party: Party): void {
    const least = this.#least(party);
    const scan = new MapScan(party.table, party.key);
    const numbers = new Map<number, number>();
    const ints = new Int32Array(scan.value.buffer);
    while (scan.next()) {
      const key = [0, 1, 2, 3, 4, 5].find((one) => this.#name(one) === scan.key);
      if (key === undefined) this.broken ??= `a scan found the key ${scan.key}`;
      else numbers.set(key, this.#numberIn(ints, key));
    }
    for (const [key, { states }] of this.#histories.entries()) {
      const since = states.slice(least[key]);
      const number = numbers.get(key);
      if (number === undefined && !since.includes(0)) this.#breaks(key, "a scan has not found it");
      if (number !== undefined) this.#found(party, key, least[key] as number, number);
    }
  }
}

/**
 * A writer, which is killed now and then, and readers on other hosts, one thread playing all of them and each acting in
 * the middle of the others' calls.
 * @returns what broke; undefined where nothing did
 */
export async function runMap(run: MapRun): Promise<string | undefined> {
  const size = mapSize(CAPACITY, run.keySize, schemaOf(run.words).size);
  const simulation = await simulateHosts(1 + READERS, { size, seed: run.seed, background: false });
  let state = run.seed;
  // A linear congruence is enough to choose who acts.
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const torture = new Torture(simulation.hosts, run, random);
  simulation.interleave(() => torture.interrupt());
  try {
    while (torture.changes < run.changes && torture.broken === undefined) torture.act();
    simulation.interleave(undefined);
    if (torture.broken === undefined) simulation.check();
    if (torture.kills === 0 && run.changes > 1000) torture.broken ??= "nobody was killed";
    return torture.broken;
  } finally {
    void simulation.reports;
    await simulation.close();
  }
}
