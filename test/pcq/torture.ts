import { PcqQueue } from "famfs";
import { simulateHosts } from "famfs/testing";
import { randomOf } from "../litmus/interleaved.js";

/** What a run is made of. */
export interface TortureOptions {
  readonly seed: number;
  /** How many calls each end makes. */
  readonly calls: number;
  readonly buckets?: number;
  readonly bucketSize?: number;
  /** After how many calls an end moves to another host, on average; 0: never. */
  readonly moves?: number;
}

const CONSUMER_FILE = 2 ** 21;

/** Every message has its number in all of its words, so that a torn or old one differs. */
function fill(message: Uint32Array, number: number): void {
  for (let i = 0; i < message.length; i++) message[i] = Math.imul(number + 1, 0x9e3779b1) + i;
}

/**
 * A queue between simulated hosts, in one thread: each end acts in the middle of the other's calls, lines move as they
 * like, and ends move between hosts. The seed alone settles what happens.
 * @returns what broke, or undefined: a wrong message, one that could not be read at the first look although the index
 * covered it, one that was not there after its producer's call had ended, room that was not, a rule broken, no progress
 */
export async function torture(options: TortureOptions): Promise<string | undefined> {
  const { seed, buckets = 5, bucketSize = 128 } = options;
  const producerFile = 2 ** 21 + Math.ceil((buckets * bucketSize) / 4096) * 4096;
  const size = producerFile + CONSUMER_FILE;
  await using simulation = await simulateHosts(4, { size, seed, background: false });
  const files = simulation.hosts.map(
    ({ mapping }) => [mapping.window(0, producerFile), mapping.window(producerFile, CONSUMER_FILE)] as const,
  );
  PcqQueue.format(...(files[3] as (typeof files)[0]), { buckets, bucketSize });
  const run = new Run(options, files);
  try {
    await run.start();
    simulation.interleave(() => run.interrupt());
    await run.all();
    simulation.interleave(undefined);
    simulation.check();
  } catch (error) {
    return (error as Error).message;
  }
  return run.broken;
}

type Files = readonly [Parameters<typeof PcqQueue.over>[0], Parameters<typeof PcqQueue.over>[1]];

class Run {
  broken: string | undefined;
  readonly #random: () => number;
  readonly #files: readonly Files[];
  readonly #options: TortureOptions;
  #producer!: PcqQueue;
  #consumer!: PcqQueue;
  #message!: Uint32Array;
  #expected!: Uint32Array;
  #target!: Uint8Array;
  readonly #host = { producer: -1, consumer: -1 };
  #produced = 0;
  #consumed = 0;
  #acting: "producer" | "consumer" | undefined;
  /** How likely it is that the other end acts in the middle of a call. */
  #eager = 0;

  constructor(options: TortureOptions, files: readonly Files[]) {
    this.#options = options;
    this.#files = files;
    this.#random = randomOf(options.seed);
  }

  async start(): Promise<void> {
    this.#producer = await this.#open("producer");
    this.#consumer = await this.#open("consumer");
    const { messageSize } = this.#producer;
    this.#message = new Uint32Array((3 * messageSize) / 4);
    this.#expected = new Uint32Array(messageSize / 4);
    this.#target = new Uint8Array(3 * messageSize);
  }

  /** On a host that does not have the other end: simulated memory takes one that both reads and writes for a mistake. */
  #open(role: "producer" | "consumer"): Promise<PcqQueue> {
    const other = role === "producer" ? "consumer" : "producer";
    do {
      this.#host[role] = Math.floor(this.#random() * this.#files.length);
    } while (this.#host[role] === this.#host[other]);
    return PcqQueue.over(...(this.#files[this.#host[role]] as Files), { role });
  }

  async all(): Promise<void> {
    const { calls, moves = 0 } = this.#options;
    for (let call = 0; call < calls && this.broken === undefined; call++) {
      this.#eager = this.#random() * this.#random() * 0.3;
      this.#act(this.#random() < 0.5 ? "producer" : "consumer");
      if (moves > 0 && this.#random() < 1 / moves) await this.#move();
    }
    // Whatever is left comes now, undisturbed.
    this.#eager = 0;
    for (let i = 0; i < this.#producer.buckets && this.#consumed < this.#produced; i++) this.#act("consumer");
    if (this.#consumed !== this.#produced) this.#break(`${this.#produced} produced, ${this.#consumed} consumed`);
    if (this.#produced < calls / 4) this.#break(`only ${this.#produced} messages in ${calls} calls`);
  }

  /** An end closes, and goes on from another host. */
  async #move(): Promise<void> {
    if (this.#random() < 0.5) {
      this.#producer.close();
      this.#producer = await this.#open("producer");
    } else {
      this.#noteRetries();
      this.#consumer.close();
      this.#consumer = await this.#open("consumer");
    }
  }

  interrupt(): void {
    if (this.#acting === undefined || this.#random() >= this.#eager) return;
    if (this.#acting === "producer") this.#consume();
    else this.#produce();
  }

  #act(end: "producer" | "consumer"): void {
    this.#acting = end;
    if (end === "producer") this.#produce();
    else this.#consume();
    this.#acting = undefined;
    this.#checkSeen(end);
    this.#noteRetries();
  }

  /** What a call has done is what the other end's host sees when it looks right after the call. */
  #checkSeen(end: "producer" | "consumer"): void {
    const { buckets } = this.#producer;
    const [seen, done] =
      end === "producer"
        ? [this.#consumer.info(), { producerIndex: this.#produced % buckets, produced: this.#produced }]
        : [this.#producer.info(), { consumerIndex: this.#consumed % buckets, consumed: this.#consumed }];
    for (const [name, value] of Object.entries(done)) {
      const found = seen[name as keyof typeof seen];
      if (found !== value) this.#break(`${name} was ${value}, and the other host saw ${found}`);
    }
  }

  #noteRetries(): void {
    if (this.#consumer.retries > 0) this.#break("a bucket had to be read again");
  }

  #produce(): void {
    const count = 1 + Math.floor(this.#random() * 3);
    const words = this.#expected.length;
    for (let i = 0; i < count; i++) fill(this.#message.subarray(i * words, (i + 1) * words), this.#produced + i);
    const bytes = new Uint8Array(this.#message.buffer, 0, count * words * 4);
    const done = count === 1 ? Number(this.#producer.tryProduce(bytes)) : this.#producer.tryProduceMany(bytes);
    this.#produced += done;
    const room = this.#producer.capacity - (this.#produced - this.#consumed);
    if (done < count && this.#acting === "producer" && this.#eager === 0 && room > 0) this.#break("there was room");
  }

  #consume(): void {
    const size = this.#producer.messageSize;
    const count = 1 + Math.floor(this.#random() * 3);
    const done = this.#consumer.tryConsumeMany(this.#target.subarray(0, count * size));
    for (let i = 0; i < done; i++) {
      fill(this.#expected, this.#consumed);
      const found = this.#target.subarray(i * size, (i + 1) * size);
      if (Buffer.compare(found, new Uint8Array(this.#expected.buffer)) !== 0)
        this.#break(`message ${this.#consumed} differs`);
      this.#consumed++;
    }
  }

  #break(what: string): void {
    this.broken ??= what;
  }
}
