import { isDeepStrictEqual } from "node:util";
import type { Participant } from "../../lib/segment/participant.js";
import { atFailPoint, type Simulation, simulateHosts } from "../../lib/testing/index.js";
import { below, type Death, failure, type Model, type Operation, type Subject } from "../conformance/subject.js";
import { randomFrom } from "../support/seed.js";
import { SimulatedSegment } from "./simulated-segment.js";

/** How a structure is used between simulated hosts. */
export interface Interleaving {
  readonly seed: number;
  /** Structures, one after the other. */
  readonly chapters: number;
  /** On each of them. */
  readonly calls: number;
  /** Whether parties also die at the subject's fail points. */
  readonly deaths: boolean;
}

const HOSTS = 3;
const SIZE = 512 << 10;

/** Of others in the middle of one call: fewer than a reader tries again. */
const MOST_INNER = 6;

/** What happened: the model must be able to do the same in some order. */
interface Done {
  readonly operation: Operation;
  readonly who: number;
  /** Undefined where the party died, and nobody got to know. */
  readonly outcome?: { readonly value: unknown };
}

class Died extends Error {}

/**
 * Parties on hosts of their own use a structure, one thread playing all of them and each acting in the middle of the
 * others' calls. The outcomes must be those of the model for some order in which a call comes before, after or between
 * those that came in its middle. The seed alone settles what happens.
 * @returns what broke; undefined where nothing did
 */
export async function runInterleaved(subject: Subject, interleaving: Interleaving): Promise<string | undefined> {
  const { seed, chapters } = interleaving;
  await using simulation = await simulateHosts(HOSTS, { size: SIZE, seed, background: false });
  const random = randomFrom(seed);
  try {
    const segment = new SimulatedSegment(simulation, SIZE);
    const participants = simulation.hosts.map((_, host) => segment.join(host));
    for (let chapter = 0; chapter < chapters; chapter++) {
      const name = `chapter-${chapter}`;
      await subject.create(participants[0] as never, name, { host: 0 });
      new Chapter({ subject, simulation, segment, random, participants, name }).play(interleaving);
    }
    simulation.check();
  } catch (error) {
    return `${(error as Error).message}`;
  } finally {
    simulation.interleave(undefined);
    void simulation.reports;
  }
  return undefined;
}

/** Where a structure is used. */
interface Scene {
  readonly subject: Subject;
  readonly simulation: Simulation;
  readonly segment: SimulatedSegment;
  readonly random: () => number;
  /** By host; those who die are replaced. */
  readonly participants: Participant[];
  /** Of the structure. */
  readonly name: string;
}

/** The life of one structure. */
class Chapter {
  readonly #scene: Scene;
  readonly #structures: unknown[];
  /** What happened before, in each order that the model agrees to. */
  #histories: Done[][] = [[]];
  #acting = -1;
  #inner: Done[] = [];
  #eager = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#structures = scene.participants.map((_, who) => this.#open(who));
  }

  #open(who: number): unknown {
    const { subject, participants, name } = this.#scene;
    return subject.open(participants[who] as never, name, { who, patience: 0 });
  }

  play({ calls, deaths }: Interleaving): void {
    const { subject, simulation, random } = this.#scene;
    simulation.interleave(() => this.#interrupt());
    for (let call = 0; call < calls; call++) {
      const who = below(random, HOSTS);
      this.#eager = random() * random() * 0.5;
      if (random() < 0.05) this.#reopen(who);
      this.#act(who, deaths && random() < 0.1 ? this.#chooseDeath() : undefined);
      if (random() < 0.3) simulation.hosts[who]?.pass(below(random, 20));
    }
    simulation.interleave(undefined);
    for (let who = 0; who < HOSTS; who++) {
      this.#settle(this.#done(subject.look, who), "no");
      subject.close?.(this.#structures[who]);
    }
  }

  #reopen(who: number): void {
    this.#scene.subject.close?.(this.#structures[who]);
    this.#structures[who] = this.#open(who);
  }

  #chooseDeath(): [point: string, death: Death] | undefined {
    const all = Object.entries(this.#scene.subject.deaths?.("simulated") ?? {});
    return all[below(this.#scene.random, all.length)];
  }

  #act(who: number, death: [point: string, death: Death] | undefined): void {
    const { subject, random, segment, participants } = this.#scene;
    const operation = subject.draw(random, who);
    let died = false;
    if (death !== undefined)
      atFailPoint(death[0], () => {
        // Not the one who acts in the middle.
        if (this.#acting < 0) return;
        died = true;
        throw new Died();
      });
    this.#acting = who;
    this.#inner = [];
    const done = this.#done(operation, who);
    this.#acting = -1;
    if (death !== undefined) atFailPoint(death[0], undefined);
    if (died) {
      participants[who] = segment.join(who);
      this.#structures[who] = this.#open(who);
    }
    this.#settle(died ? { operation, who } : done, death?.[1].counts ?? "maybe");
  }

  /** Others act in the middle of a call, and nobody in the middle of that. */
  #interrupt(): void {
    const { subject, random } = this.#scene;
    const who = this.#acting;
    if (who < 0 || this.#inner.length >= MOST_INNER || random() >= this.#eager) return;
    const other = (who + 1 + below(random, HOSTS - 1)) % HOSTS;
    this.#acting = -1;
    this.#inner.push(this.#done(subject.draw(random, other), other));
    this.#acting = who;
  }

  #done(operation: Operation, who: number): Done {
    return { operation, who, outcome: { value: this.#outcome(operation, who) } };
  }

  #outcome(operation: Operation, who: number): unknown {
    try {
      return this.#scene.subject.act(this.#structures[who], operation);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined && !(error instanceof Died)) throw error;
      return failure(code ?? "died");
    }
  }

  /** Finds an order that the model agrees to. @throws {Error} where there is none */
  #settle(done: Done, ifDied: Death["counts"]): void {
    const inner = this.#inner.filter(hasHappened);
    this.#inner = [];
    const orders: Done[][] = [];
    const counts = done.outcome !== undefined ? hasHappened(done) : ifDied !== "no";
    if (counts)
      for (let at = 0; at <= inner.length; at++) orders.push([...inner.slice(0, at), done, ...inner.slice(at)]);
    if (!counts || (done.outcome === undefined && ifDied === "maybe")) orders.push(inner);
    const histories = this.#histories.flatMap((history) => {
      const right = orders.filter((order) => agrees(this.#modelAfter(history), order));
      if (right.length === 0 && this.#agreesInParts(history, done, inner)) right.push(inner);
      return right.map((order) => [...history, ...order]);
    });
    if (histories.length === 0)
      throw new Error(`no order of these is the model's: ${[done, ...inner].map(show).join("; ")}`);
    this.#histories = this.#different(histories);
  }

  /** Of those that led to the same one is enough. */
  #different(histories: Done[][]): Done[][] {
    const { look } = this.#scene.subject;
    const byState = new Map(histories.map((history) => [text(this.#modelAfter(history).act(look, 0)), history]));
    return [...byState.values()];
  }

  /** For a look that is not of one moment: some of the others' calls had come before it. */
  #agreesInParts(history: Done[], done: Done, inner: Done[]): boolean {
    const { subject } = this.#scene;
    if (subject.looksInParts !== true || done.operation.call !== subject.look.call) return false;
    if (!agrees(this.#modelAfter(history), inner)) return false;
    for (let parts = 0; parts < 2 ** inner.length; parts++) {
      const model = this.#modelAfter(history);
      for (const [i, { operation, who }] of inner.entries()) if (parts & (1 << i)) model.act(operation, who);
      if (agrees(model, [done])) return true;
    }
    return false;
  }

  #modelAfter(history: Done[]): Model {
    const model = this.#scene.subject.model();
    for (const { operation, who } of history) model.act(operation, who);
    return model;
  }
}

function agrees(model: Model, order: readonly Done[]): boolean {
  return order.every(({ operation, who, outcome }) => {
    const expected = model.act(operation, who);
    return outcome === undefined || isDeepStrictEqual(outcome.value, expected);
  });
}

/** A call that could not wait for its turn changed nothing. */
function hasHappened({ outcome }: Done): boolean {
  return !isDeepStrictEqual(outcome?.value, failure("ERR_FAMFS_TIMEOUT"));
}

function show({ operation: { call, args = [] }, who, outcome }: Done): string {
  return `${who}: ${call}(${args.join(", ")}) = ${outcome === undefined ? "died" : text(outcome.value)}`;
}

function text(value: unknown): string {
  return String(JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one)));
}
