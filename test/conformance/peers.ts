import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import { bundled } from "../support/bundle.js";
import { Child } from "../support/child.js";
import type { Task } from "./peer.js";

/** What a peer runs in. */
export const CARRIERS = ["processes", "workers"] as const;
export type Carrier = (typeof CARRIERS)[number];

/** A party in a process or worker of its own; it ends with the test. */
export interface Peer {
  message<T>(): Promise<T>;
  send(message: unknown): void;
  /** Resolves when it has died at the fail point that its task names. */
  died(): Promise<void>;
}

/** A peer may take this long, in milliseconds: it loads the library and waits for others on a machine that may be busy. */
const TIMEOUT = 110_000;

let script: Promise<string> | undefined;

/** Starts peer.ts with a task. */
export async function startPeer(carrier: Carrier, task: Task): Promise<Peer> {
  script ??= bundled("test/conformance/peer.ts", "peer.mjs", ["famfs", "famfs/testing"]);
  const peer = carrier === "processes" ? new PeerProcess(await script) : new PeerWorker(await script);
  peer.send(task);
  return peer;
}

class PeerProcess implements Peer {
  readonly #child: Child;

  constructor(path: string) {
    this.#child = new Child(`await import(${JSON.stringify(path)});`, {
      serialization: "advanced",
      timeout: TIMEOUT,
    });
  }

  message<T>(): Promise<T> {
    return this.#child.message();
  }

  send(message: object): void {
    this.#child.send(message);
  }

  async died(): Promise<void> {
    const { signal, code, stderr } = await this.#child.ended;
    if (signal !== "SIGKILL") throw new Error(`ended with ${code}: ${stderr}${await this.message().catch(String)}`);
  }
}

class PeerWorker implements Peer {
  readonly #worker: Worker;
  readonly #messages: unknown[] = [];
  #failed: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(path: string) {
    this.#worker = new Worker(path);
    this.#worker.on("message", (message) => {
      this.#messages.push(message);
      this.#wake?.();
    });
    this.#worker.on("error", (error) => this.#end(error as Error));
    this.#worker.on("exit", (code) => this.#end(new Error(`the worker ended with ${code}`)));
    onTestFinished(async () => void (await this.#worker.terminate()));
  }

  #end(error: Error): void {
    this.#failed ??= error;
    this.#wake?.();
  }

  async message<T>(): Promise<T> {
    while (this.#messages.length === 0) {
      if (this.#failed !== undefined) throw this.#failed;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() as T;
  }

  send(message: unknown): void {
    this.#worker.postMessage(message);
  }

  async died(): Promise<void> {
    const said = await this.message();
    if (said !== "there") throw new Error(String(said));
    await this.#worker.terminate();
  }
}
