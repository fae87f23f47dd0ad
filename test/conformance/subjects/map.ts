import { f64, i64Number, type Participant, type Segment, SharedMap, struct, u32, u64Number, utf8, vector } from "famfs";
import { below, breathe, type Death, failure, type Operation, type Party, type Subject } from "../subject.js";

/** Longer than a line; a value has its key in it, and all of its parts are equal. */
const PARTS = 30;
const Cargo = struct({ of: u32, id: u64Number, parts: vector(u32, PARTS) });
const Other = struct({ x: f64 });
const cargo = (of: number, id: number) => ({ of, id, parts: new Uint32Array(PARTS).fill(id) });

const CAPACITY = 8;
/** More keys than fit. */
const KEYS = 12;

type Source = Segment | Participant;

/** What integers and strings stand for. */
const name = (key: number) => `key ${key}${"-".repeat(key * 3)}`;

function openIntegers(source: Source, at: string, options: object) {
  return SharedMap.open(source, at, { key: i64Number, value: Cargo, ...options });
}

/** Keys longer than a line. */
const Name = utf8(80);

function openStrings(source: Source, at: string, options: object) {
  return SharedMap.open(source, at, { key: Name, value: Cargo, ...options });
}

type Integers = ReturnType<typeof openIntegers>;
type Strings = ReturnType<typeof openStrings>;
type Value = NonNullable<ReturnType<Integers["get"]>>;

/** The value's number; "torn" where it is of several values, or of another key. */
function idOf(value: Value | undefined, key: number): number | "torn" | undefined {
  if (value === undefined) return undefined;
  return value.of === key && value.parts.every((part) => part === value.id % 2 ** 32) ? value.id : "torn";
}

const look: Operation = { call: "all" };
const set = (key: number, id: number): Operation => ({ call: "set", args: [key, id] });

/** A map by the numbers of its keys. */
interface Numbered {
  readonly size: number;
  get(key: number): Value | undefined;
  has(key: number): boolean;
  set(key: number, value: ReturnType<typeof cargo>): void;
  delete(key: number): boolean;
  entries(): Iterable<[number, Value]>;
}

function numbered(strings: Strings): Numbered {
  return {
    get size() {
      return strings.size;
    },
    get: (key) => strings.get(name(key)),
    has: (key) => strings.has(name(key)),
    set: (key, value) => strings.set(name(key), value),
    delete: (key) => strings.delete(name(key)),
    *entries() {
      for (const [key, value] of strings) yield [Number(/\d+/.exec(key)), value];
    },
  };
}

function all(structure: Numbered): unknown {
  const found: unknown[][] = [];
  for (const [key, value] of structure.entries()) found.push([key, idOf(value, key)]);
  return found.sort(([a], [b]) => (a as number) - (b as number));
}

function act(structure: Numbered, { call, args = [] }: Operation): unknown {
  const [key, id] = args as [number, number];
  if (call === "all") return all(structure);
  if (call === "size") return structure.size;
  if (call === "get") return idOf(structure.get(key), key);
  if (call === "has") return structure.has(key);
  if (call === "delete") return structure.delete(key);
  return structure.set(key, cargo(key, id));
}

function model() {
  const values = new Map<number, number>();
  return {
    act({ call, args = [] }: Operation) {
      const [key, id] = args as [number, number];
      if (call === "all") return [...values].sort(([a], [b]) => a - b);
      if (call === "size") return values.size;
      if (call === "get") return values.get(key);
      if (call === "has") return values.has(key);
      if (call === "delete") return values.delete(key);
      if (values.size === CAPACITY && !values.has(key)) return failure("ERR_FAMFS_FULL");
      values.set(key, id);
      return undefined;
    },
  };
}

function draw(random: () => number, who: number): Operation {
  const key = below(random, KEYS);
  if (who === 0 && random() < 0.5) return set(key, below(random, 2 ** 32));
  if (who === 0 && random() < 0.4) return { call: "delete", args: [key] };
  // After a death it may be one off until there is a successor, which party 0 is.
  if (who === 0 && random() < 0.3) return { call: "size" };
  return random() < 0.1 ? look : { call: random() < 0.5 ? "get" : "has", args: [key] };
}

function deaths(): Record<string, Death> {
  const before = [1, 2, 3, 4, 5].map((key) => set(key, 10 * key));
  const inserting = (counts: Death["counts"]): Death => ({ who: 0, before, during: set(6, 60), counts });
  const replacing = (counts: Death["counts"]): Death => ({ who: 0, before, during: set(3, 33), counts });
  const deleting = (counts: Death["counts"]): Death => ({
    who: 0,
    before,
    during: { call: "delete", args: [3] },
    counts,
  });
  return {
    "map.set.stored": replacing("no"),
    "map.set.reach": inserting("no"),
    "map.set.inserted": inserting("yes"),
    "map.set.counted": inserting("yes"),
    "map.set.replaced": replacing("yes"),
    "map.delete.published": deleting("yes"),
    "map.delete.counted": deleting("yes"),
  };
}

/** Rounds of all keys; each but the last one also deletes some, which come back in the next one. */
async function writeAll(structure: Numbered, { rounds, random }: Party): Promise<undefined> {
  for (let round = 1; round <= rounds; round++) {
    for (let key = 0; key < CAPACITY; key++) {
      structure.set(key, cargo(key, round));
      if (round < rounds && below(random, 3) === 0) structure.delete(key);
    }
    if (round % 10 === 0) await breathe();
  }
}

/** Until each key has its last value: each value whole and the key's own, and none older than the one before. */
async function readAll(structure: Numbered, { rounds, random }: Party): Promise<string | undefined> {
  const last = new Array<number>(CAPACITY).fill(0);
  for (let reads = 0; last.some((id) => id < rounds); reads++) {
    const entries = reads % 16 === 0 ? structure.entries() : [[below(random, CAPACITY)] as const];
    for (const [key, value] of entries) {
      const id = idOf(value ?? structure.get(key), key) ?? (last[key] as number);
      if (id === "torn" || id < (last[key] as number)) return `key ${key} is ${id} after ${last[key]}`;
      last[key] = id;
    }
    if (structure.has(CAPACITY)) return "a key is there that nobody has set";
    if (reads % 50 === 0) await breathe();
  }
  return undefined;
}

function subject<S extends Integers | Strings>(of: {
  readonly name: string;
  readonly key: typeof i64Number | typeof Name;
  readonly numbered: (structure: S) => Numbered;
}): Omit<Subject<S>, "deaths"> {
  const open = (source: Source, at: string, options: object) =>
    SharedMap.open(source, at, { key: of.key, value: Cargo, ...options }) as unknown as S;
  return {
    name: of.name,
    kind: "map",
    async create(participant, at, { host, more } = {}) {
      const options = { key: of.key, value: Cargo, capacity: CAPACITY, host, ...more };
      return (await SharedMap.create(participant, at, options)) as unknown as S;
    },
    open: (source, at, { who, more }) => open(source, at, { role: who === 0 ? "writer" : undefined, ...more }),
    openWrongly: (source, at) => SharedMap.open(source, at, { key: of.key, value: Other }),
    close: (structure) => structure.close(),
    draw,
    act: (structure, operation) => act(of.numbered(structure), operation),
    model,
    look,
    store: set(1, 1),
    torture: {
      rounds: { coherent: 2000, incoherent: 500, simulated: 60 },
      play: (structure, party) => (party.who === 0 ? writeAll : readAll)(of.numbered(structure), party),
      check(structure, reports, rounds) {
        const broken = reports.find((report) => report !== undefined) as string | undefined;
        const found = JSON.stringify(all(of.numbered(structure)));
        const expected = JSON.stringify(Array.from({ length: CAPACITY }, (_, key) => [key, rounds]));
        return broken ?? (found === expected ? undefined : `in the end there is ${found}`);
      },
    },
  };
}

/** Integer keys; one writer, party 0. */
export const map: Subject<Integers> = {
  ...subject<Integers>({ name: "map", key: i64Number, numbered: (integers) => integers }),
  folder: "map",
  deaths,
};

/** Strings, most of them longer than a line. A death is at the same places. */
export const mapOfStrings: Subject<Strings> = subject({ name: "map of strings", key: Name, numbered });
