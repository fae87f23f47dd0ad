import {
  createTmpfsInstance,
  type MutexGuard,
  openInstance,
  type Participant,
  Segment,
  SharedArray,
  SharedMutex,
  u32,
} from "famfs";
import { joinSimulation, simulateHosts } from "famfs/testing";

/** One a host, so that the last look into the line before who is next is at who had the mutex before. */
const SHAPE = { size: 128 << 10, hosts: 2, participantsPerHost: 1 };
const LENGTH = 40;

/** Long enough that a busy machine does not look silent, in milliseconds. */
const LEASE = 5000;

/** What the mutex guards, and how often it was held. */
interface Model {
  value: number;
  holds: number;
  broken: string | undefined;
}

/** A participant on a simulated host of its own, which does one step at a time. */
class Party {
  readonly #mutex: SharedMutex;
  readonly #data: SharedArray & { readonly values: Uint32Array };
  readonly #model: Model;
  #guard: MutexGuard | undefined;
  busy = false;

  constructor(
    readonly participant: Participant,
    model: Model,
  ) {
    this.#mutex = SharedMutex.open(participant, "it");
    this.#data = SharedArray.open(participant, "data", { element: u32 });
    this.#model = model;
  }

  get isInside(): boolean {
    return this.#guard !== undefined;
  }

  step(): void {
    this.busy = true;
    if (this.#guard === undefined) this.enter();
    else this.leave();
    this.busy = false;
  }

  enter(died = false): boolean {
    const guard = this.#mutex.tryLock({ guards: [this.#data] });
    if (guard === undefined) return false;
    this.#guard = guard;
    const model = this.#model;
    model.holds++;
    const wrong = this.#data.values.findIndex((value) => value !== model.value);
    if (wrong >= 0) model.broken ??= `element ${wrong} is ${this.#data.values[wrong]} after ${model.value} changes`;
    if (guard.token !== model.holds) model.broken ??= `hold ${model.holds} has the token ${guard.token}`;
    if (guard.ownerDied !== died) model.broken ??= `hold ${model.holds} says that the owner ${died ? "lives" : "died"}`;
    return true;
  }

  change(): void {
    this.#model.value++;
    this.#data.values.fill(this.#model.value);
  }

  leave(): void {
    this.change();
    const guard = this.#guard;
    this.#guard = undefined;
    guard?.release();
  }
}

/**
 * Two simulated hosts take turns in a mutex, each acting in the middle of the other's calls; then one leaves without
 * giving it back.
 * @returns what broke; undefined where nothing did
 */
export async function runMutex({ seed, entries }: { seed: number; entries: number }): Promise<string | undefined> {
  process.env["FAMFS_SIMULATION_SEED"] = String(seed);
  const directory = await createTmpfsInstance();
  const instances = await Promise.all(
    [0, 1].map((host) => openInstance(directory.path, { coherence: "simulated", host })),
  );
  try {
    return await play(instances as never, { seed, entries });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Promise.all(instances.map((instance) => instance.close()));
    await directory.close();
    delete process.env["FAMFS_SIMULATION_SEED"];
  }
}

type Instances = readonly [Parameters<typeof Segment.create>[0], Parameters<typeof Segment.create>[0]];

async function play([first, second]: Instances, run: { seed: number; entries: number }): Promise<string | undefined> {
  const a = await Segment.create(first, "segment", SHAPE);
  const b = await Segment.open(second, "segment");
  const participants = [await a.join({ host: 0, lease: LEASE }), await b.join({ host: 1, lease: LEASE })] as const;
  await SharedMutex.create(participants[0], "it");
  await SharedArray.create(participants[0], "data", { element: u32, length: LENGTH });
  const model: Model = { value: 0, holds: 0, broken: undefined };
  const parties = participants.map((participant) => new Party(participant, model)) as [Party, Party];
  await takeTurns(parties, model, run);
  if (model.broken === undefined) await die(parties, run.seed);
  const host = await joinSimulation(a.memory.mapping.handle());
  const reports = host.reports.map(({ rule, site }) => `${rule} at ${site}`);
  host.close();
  return model.broken ?? reports[0];
}

async function takeTurns(
  parties: readonly [Party, Party],
  model: Model,
  { seed, entries }: { seed: number; entries: number },
): Promise<void> {
  await using anySimulation = await simulateHosts(1, { size: 64, seed: 1, background: false });
  let state = seed;
  const act = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // With some seeds seldom, so that one is still inside when the other looks for the last time.
    if (seed % 2 === 0 && (state >>> 16) % 16 !== 0) return;
    const party = parties[state >>> 31] as Party;
    if (party.busy || model.broken !== undefined) return;
    const other = parties[1 - (state >>> 31)] as Party;
    party.step();
    if (party.isInside && other.isInside) model.broken ??= "two are inside";
  };
  anySimulation.interleave(act);
  try {
    for (let steps = 0; model.holds < entries && model.broken === undefined; steps++) {
      if (steps > entries * 20_000) throw new Error("nobody got in any more");
      act();
    }
  } finally {
    anySimulation.interleave(undefined);
  }
  for (const party of parties) if (party.isInside) party.leave();
}

/** One leaves with half of its change made, as one that dies; the other goes on from there. */
async function die([one, other]: readonly [Party, Party], seed: number): Promise<void> {
  const [leaver, heir] = seed % 2 === 0 ? [one, other] : [other, one];
  for (const party of [one, other]) {
    if (!party.enter()) throw new Error("the mutex is not free");
    party.leave();
  }
  if (!leaver.enter()) throw new Error("the mutex is not free");
  leaver.change();
  await leaver.participant.leave();
  if (!heir.enter(true)) throw new Error("the mutex was not given back");
  heir.leave();
}
