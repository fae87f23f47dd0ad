import { createTmpfsInstance, type Instance, openInstance, Segment, SharedQueue, struct, u32, vector } from "famfs";
import { joinSimulation, simulateHosts } from "famfs/testing";
import { randomFrom } from "../support/seed.js";

/** Longer than a line. */
const WORDS = 40;
const Message = struct({ words: vector(u32, WORDS) });

/** What a run is made of. */
export interface QueueRounds {
  readonly seed: number;
  /** How many calls are made. */
  readonly calls: number;
  readonly message: "struct" | "bytes";
  /** After how many calls an end is opened again, by another participant of its host, on average; 0: never. */
  readonly moves?: number;
}

type Queue = SharedQueue<typeof Message> | SharedQueue<"bytes">;

/** Every message has who pushed it and its number in all of its words, so that a torn or old one differs. */
function wordsOf(lane: number, number: number): Uint32Array {
  const length = lane === 0 ? WORDS : 1 + (number % WORDS);
  return new Uint32Array(length).map((_, i) => Math.imul(2 * number + lane + 1, 0x9e3779b1) + i);
}

/**
 * A queue between two simulated hosts, in one thread: two producers on one, the consumer on the other, each end acts in
 * the middle of the other's calls, and lines move as they like. The seed alone settles what happens.
 * @returns what broke, or undefined: a wrong message, one that was not there after its push, room that was not after a
 * release, a rule broken, no progress
 */
export async function runQueue(options: QueueRounds): Promise<string | undefined> {
  process.env["FAMFS_SIMULATION_SEED"] = String(options.seed);
  const directory = await createTmpfsInstance();
  const hosts: Instance[] = [];
  for (const host of [0, 1]) hosts.push(await openInstance(directory.path, { coherence: "simulated", host }));
  try {
    const [first, second] = hosts as [Instance, Instance];
    const segment = await Segment.create(first, "segment", { size: 256 << 10, hosts: 2, participantsPerHost: 2 });
    const run = new Run(options, [segment, await Segment.open(second, "segment")]);
    await run.start();
    await using moments = await simulateHosts(1, { size: 64, seed: 1, background: false });
    moments.interleave(() => run.interrupt());
    await run.all();
    moments.interleave(undefined);
    const device = await joinSimulation(segment.memory.mapping.handle());
    device.check();
    device.close();
    return run.broken;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
    await directory.close();
    delete process.env["FAMFS_SIMULATION_SEED"];
  }
}

class Run {
  broken: string | undefined;
  readonly #options: QueueRounds;
  readonly #segments: readonly [Segment, Segment];
  readonly #random: () => number;
  readonly #producers: Queue[] = [];
  readonly #pushed = [0, 0];
  readonly #taken = [0, 0];
  #consumer!: Queue;
  #acting: "push" | "take" | undefined;
  /** How likely it is that the other end acts in the middle of a call. */
  #eager = 0;

  constructor(options: QueueRounds, segments: readonly [Segment, Segment]) {
    this.#options = options;
    this.#segments = segments;
    this.#random = randomFrom(options.seed);
  }

  async start(): Promise<void> {
    const [here, there] = this.#segments;
    const participants = [await here.join({ host: 0 }), await here.join({ host: 0 })];
    const consumer = await there.join({ host: 1 });
    const message = this.#options.message === "bytes" ? "bytes" : Message;
    const capacity = message === "bytes" ? 64 + 4 * WORDS : 3;
    const first = participants[0] as (typeof participants)[0];
    await SharedQueue.create(first, "queue", { message, capacity, host: 1 } as never);
    const open = (participant: typeof consumer, role?: "consumer") =>
      SharedQueue.open(participant, "queue", { message, role } as never) as Queue;
    this.#producers.push(...participants.map((one) => open(one)));
    this.#consumer = open(consumer, "consumer");
    this.#reopen = () => {
      this.#consumer.close();
      this.#consumer = open(consumer, "consumer");
    };
  }

  #reopen!: () => void;

  async all(): Promise<void> {
    const { calls, moves = 0 } = this.#options;
    for (let call = 0; call < calls && this.broken === undefined; call++) {
      this.#eager = this.#random() * this.#random() * 0.3;
      this.#act(this.#random() < 0.5 ? "push" : "take");
      if (moves > 0 && this.#random() < 1 / moves) this.#reopen();
      if (call % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const done = (this.#pushed[0] as number) + (this.#pushed[1] as number);
    if (done < calls / 8) this.#break(`only ${done} messages in ${calls} calls`);
  }

  interrupt(): void {
    if (this.#acting === undefined || this.#random() >= this.#eager) return;
    const acting = this.#acting;
    // Calls are not interrupted twice.
    this.#acting = undefined;
    if (acting === "push") this.#take();
    else this.#push();
    this.#acting = acting;
  }

  #act(end: "push" | "take"): void {
    this.#acting = end;
    if (end === "push") this.#push();
    else this.#take();
    this.#acting = undefined;
    if (end === "push") this.#checkAllCome();
  }

  /** What was pushed is there for the other host at its first look. */
  #checkAllCome(): void {
    if (this.#random() < 0.7) return;
    this.#take(true);
    for (const lane of [0, 1]) {
      if (this.#taken[lane] !== this.#pushed[lane])
        this.#break(`${this.#pushed[lane]} of ${lane} pushed, ${this.#taken[lane]} there`);
    }
    // And the room of it is there for the producers.
    for (const lane of [0, 1]) {
      if (this.#pushOne(lane)) continue;
      // The rest of the ring may have to be left out first.
      if (this.#options.message === "bytes") this.#take(true);
      if (this.#options.message !== "bytes" || !this.#pushOne(lane)) this.#break(`no room in the empty lane ${lane}`);
    }
  }

  #push(): void {
    const lane = this.#random() < 0.5 ? 0 : 1;
    for (let count = 1 + Math.floor(this.#random() * 3); count > 0 && this.#pushOne(lane); count--);
  }

  #pushOne(lane: number): boolean {
    const number = this.#pushed[lane] as number;
    const words = wordsOf(lane, number);
    const queue = this.#producers[lane] as Queue;
    let done: boolean;
    if (queue.message === "bytes") {
      done = (queue as SharedQueue<"bytes">).tryPush(new Uint8Array(words.buffer));
    } else {
      const all = new Uint32Array(WORDS);
      all.set(words);
      done = (queue as SharedQueue<typeof Message>).tryPush({ words: all });
    }
    if (done) this.#pushed[lane] = number + 1;
    return done;
  }

  #take(all = false): void {
    if (this.#consumer.message !== "bytes" && !all && this.#random() < 0.5) this.#takeRun();
    else if (this.#random() < 0.5 && !all) {
      const message = this.#consumer.tryTake();
      if (message !== undefined) this.#check(message instanceof Uint8Array ? message : message.words);
      this.#consumer.release();
    } else {
      this.#consumer.drain((message: Uint8Array | { words: Uint32Array }) =>
        this.#check(message instanceof Uint8Array ? message : message.words),
      );
    }
  }

  #takeRun(): void {
    const queue = this.#consumer as SharedQueue<typeof Message>;
    const count = queue.takeRun(2);
    for (let i = 0; i < count; i++) this.#check(queue.at(i).words);
    queue.releaseRun();
  }

  #check(message: Uint8Array | Uint32Array): void {
    const found = new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
    for (const lane of [0, 1]) {
      const words = wordsOf(lane, this.#taken[lane] as number);
      const expected = new Uint8Array(this.#options.message === "bytes" ? words.byteLength : 4 * WORDS);
      expected.set(new Uint8Array(words.buffer));
      if (Buffer.compare(found, expected) !== 0) continue;
      this.#taken[lane] = (this.#taken[lane] as number) + 1;
      return;
    }
    this.#break(`a message is neither ${this.#taken[0]} of 0 nor ${this.#taken[1]} of 1`);
  }

  #break(what: string): void {
    this.broken ??= what;
  }
}
