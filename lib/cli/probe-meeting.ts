import { randomInt } from "node:crypto";
import { FamfsError } from "../errors.js";
import { fullFence } from "../memory/coherence.js";
import type { CommitWord } from "../memory/commit-word.js";
import type { Mapping } from "../memory/mapping.js";

// The layout of a probe's file, in bytes. Each side writes lines of its own, far apart (R1).
const HEADER = 0;
const FIRST_WORD = 4096;
const SECOND_WORD = 8192;
const MESSAGE = 128; // behind a side's word
const MESSAGE_BYTES = 3072;
/** What the measurements use. */
export const ARENA = 16_384;
/** Of the file. */
export const SIZE = 65_536;

/** "famfsPRB", and the version of this layout. */
const MAGIC = [0x666d_6166, 0x4252_5073, 1] as const;
const STEPS = 2 ** 20;

/** The file is somebody's data. */
export function foreign(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_EXISTS",
    "the file is not a probe's own, so it is left alone; name one that does not exist",
  );
}

/**
 * The two sides of a probe, kept in step by commit words: they follow the rules for incoherent memory, so they work
 * whatever the memory turns out to be. The first is the creator of the file.
 */
export class Meeting {
  readonly first: boolean;
  readonly mapping: Mapping;
  readonly #own: CommitWord;
  readonly #other: CommitWord;
  readonly #timeout: number;
  #session = 0;
  #step = 0;

  constructor(mapping: Mapping, role: "first" | "second", timeout: number) {
    this.first = role === "first";
    this.mapping = mapping;
    const [own, other] = this.first ? [FIRST_WORD, SECOND_WORD] : [SECOND_WORD, FIRST_WORD];
    this.#own = mapping.commitWord(own, { bits: 64, site: "probe.own" });
    this.#other = mapping.commitWord(other, { bits: 64, site: "probe.other" });
    this.#timeout = timeout;
  }

  /** Both tell each other something. */
  async begin<T>(message: T): Promise<T> {
    if (this.first) await this.#makeHeader();
    else await this.#findHeader();
    this.#tell(message);
    await this.#waitFor(this.#value());
    return this.#hear();
  }

  async #makeHeader(): Promise<void> {
    this.#session = randomInt(1, 2 ** 31);
    this.mapping.invalidate(HEADER, SIZE, "probe.header");
    const header = this.mapping.view(Uint32Array, HEADER, 4);
    const isEmpty = this.mapping.view(BigUint64Array, 0, SIZE / 8).every((word) => word === 0n);
    if (!isEmpty && !MAGIC.every((word, i) => header[i] === word)) throw foreign();
    header.set([...MAGIC, 0]);
    this.mapping.commitWord(HEADER + 16, { bits: 32, site: "probe.header" }).publish(this.#session, HEADER, 16);
  }

  async #findHeader(): Promise<void> {
    const word = this.mapping.commitWord(HEADER + 16, { bits: 32, site: "probe.header" });
    await this.mapping.waitUntil(HEADER + 16, { bits: 32, not: 0 }, { timeout: this.#timeout }).catch(() => undefined);
    this.#session = word.observe();
    this.mapping.fetch(HEADER, 16, "probe.header");
    const header = this.mapping.view(Uint32Array, HEADER, 4);
    if (this.#session === 0 || !MAGIC.every((value, i) => header[i] === value)) throw foreign();
  }

  #value(): number {
    return this.#session * STEPS + this.#step;
  }

  #tell(message: unknown): void {
    const bytes = this.mapping.bytes(this.#own.offset + MESSAGE, MESSAGE_BYTES);
    bytes.fill(0);
    bytes.set(Buffer.from(JSON.stringify(message)).subarray(0, MESSAGE_BYTES));
    this.#step++;
    this.#own.publish(this.#value(), this.#own.offset + MESSAGE, MESSAGE_BYTES);
  }

  #hear<T>(): T {
    const at = this.#other.offset + MESSAGE;
    this.mapping.fetch(at, MESSAGE_BYTES, "probe.message");
    const text = Buffer.from(this.mapping.bytes(at, MESSAGE_BYTES)).toString();
    return JSON.parse(text.slice(0, text.indexOf("\0"))) as T;
  }

  async #waitFor(value: number): Promise<void> {
    const { offset } = this.#other;
    // The other may be a step ahead already; a value of another session is a left-over.
    const isIt = (found: number) => found >= value && found < (this.#session + 1) * STEPS;
    for (let found = this.#other.observe(); !isIt(found); ) {
      try {
        found = await this.mapping.waitUntil(offset, { bits: 64, not: found }, { timeout: this.#timeout });
      } catch (error) {
        throw error instanceof FamfsError && error.code === "ERR_FAMFS_TIMEOUT" ? this.#alone() : error;
      }
    }
  }

  #alone(): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_TIMEOUT",
      `the other side did not answer within ${this.#timeout / 1000} s; start the first side first, and remove a file left over from an earlier run or pass --as first`,
    );
  }

  /** Returns when both are here, at about the same time. */
  meet(): void {
    this.#step++;
    this.#own.publish(this.#value(), 0, 0);
    this.#spinFor(this.#value());
  }

  #spinFor(value: number): void {
    try {
      this.mapping.waitUntilSync(this.#other.offset, { bits: 64, atLeast: value }, { timeout: 10_000 });
    } catch (error) {
      throw error instanceof FamfsError && error.code === "ERR_FAMFS_TIMEOUT" ? this.#alone() : error;
    }
  }

  /** Both give a number and get the other's. */
  exchange(own: number): number {
    this.#tell({ number: own });
    this.#spinFor(this.#value());
    const { number } = this.#hear<{ number: number }>();
    this.meet();
    return number;
  }

  /** Both give back what the first one has. The first leaves zeros, once the second reads no more. */
  end<T>(mine: T): T {
    this.#tell(mine);
    this.#spinFor(this.#value());
    const result = this.first ? mine : this.#hear<T>();
    this.#step++;
    if (!this.first) {
      this.#own.publish(this.#value(), 0, 0);
      return result;
    }
    this.#spinFor(this.#value());
    this.mapping.bytes(0, SIZE).fill(0);
    this.mapping.writeBack(0, SIZE, "probe.end");
    fullFence("probe.end");
    return result;
  }
}
