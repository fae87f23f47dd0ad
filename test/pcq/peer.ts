import { execFileSync, spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { compiled } from "../support/compile.js";

/** The C program of test/doubles/pcq. */
function peerProgram(): string {
  return compiled("test/doubles/pcq", "pcq_peer", ["-O2"]);
}

/** Makes a queue with the C program. */
export function createWithPeer(queue: string, buckets: number, bucketSize: number): void {
  execFileSync(peerProgram(), ["create", queue, String(buckets), String(bucketSize)]);
}

/** What the C program says of a queue. */
export function peerInfo(queue: string): Record<string, number> {
  return JSON.parse(execFileSync(peerProgram(), ["info", queue], { encoding: "utf8" })) as Record<string, number>;
}

/** The C program at work on one end; killed when the test ends. */
export class Peer {
  /** Its exit code, or the signal that ended it, with what it complained of. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
  readonly #process;

  constructor(what: "produce" | "consume", queue: string, { count, seed }: { count: number; seed: number }) {
    const args = [what, queue, String(count), String(seed)];
    const child = spawn(peerProgram(), args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stderr }));
    });
    onTestFinished(() => this.kill());
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}

/** What {@link Peer.ended} is where all went well. */
export const WELL = { code: 0, signal: null, stderr: "" };

/** Fills a message from a seed and its number, as `fill` in pcq_peer.c does. */
export function fillMessage(words: Uint32Array, seed: number, number: number): void {
  let state = seed ^ Math.imul(number, 0x9e3779b1);
  for (let i = 0; i < words.length; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    words[i] = mixed ^ (mixed >>> 14);
  }
}

/** Messages of one seed, numbered from 0 on: made, or compared. */
export class Messages {
  readonly #words: Uint32Array;
  /** The message made last. */
  readonly bytes: Uint8Array;

  constructor(
    messageSize: number,
    readonly seed: number,
  ) {
    this.#words = new Uint32Array(messageSize / 4);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  make(number: number): Uint8Array {
    fillMessage(this.#words, this.seed, number);
    return this.bytes;
  }

  /** One after the other. */
  makeMany(first: number, count: number): Uint8Array {
    const all = new Uint8Array(count * this.bytes.length);
    for (let i = 0; i < count; i++) all.set(this.make(first + i), i * this.bytes.length);
    return all;
  }

  /** @throws where a message is another one */
  check(message: Uint8Array, number: number): void {
    if (Buffer.compare(this.make(number), message) !== 0) throw new Error(`message ${number} has other bytes`);
  }
}
