import { DEVICE } from "./device.js";
import type { Guest } from "./guest.js";
import type { GuestProcess } from "./guest-process.js";

/** How long a script may take, in milliseconds: emulated, and on a machine that may have other things to do. */
const PATIENCE = 120_000;

type Answer = { value: unknown } | { error: { code: string; text: string } };

/** A program in a guest that runs scripts one after the other (guest/session.mjs), because starting one takes seconds. */
export class Session {
  readonly #process: GuestProcess;

  constructor(guest: Guest) {
    this.#process = guest.node(`await import("./test/two-hosts/guest/session.mjs");`);
  }

  /** Runs the body of an async function, in which famfs is in scope; resolves to what it returns, as JSON. */
  async run<T = unknown>(script: string): Promise<T> {
    const answer = await this.#ask(script);
    if ("value" in answer) return answer.value as T;
    throw new Error(`in the guest: ${answer.error.text}`);
  }

  /** Runs one that must fail; resolves to the error's code and message. */
  async failure(script: string): Promise<string> {
    const answer = await this.#ask(script);
    if ("error" in answer) return `${answer.error.code} ${answer.error.text}`;
    throw new Error(`it did not fail, but returned ${JSON.stringify(answer.value)}: ${script}`);
  }

  #ask(script: string): Promise<Answer> {
    this.begin(script);
    return this.message();
  }

  /** Begins to run one; `message()` is then what it sends, and `{ value }` or `{ error }` in the end. */
  begin(script: string): void {
    this.#process.send(script);
  }

  message<T>(): Promise<T> {
    return this.#process.message<T>({ timeout: PATIENCE });
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill();
    await this.#process.ended;
  }
}

/** Opens the device's segment, as `our.segment`. */
export function opening(coherence: "coherent" | "incoherent" = "incoherent", options = {}): string {
  return `
    our.instance ??= await openInstance(${JSON.stringify(DEVICE)}, { coherence: ${JSON.stringify(coherence)} });
    our.segment = await Segment.open(our.instance, "dax0.0", ${JSON.stringify({ timeout: 60_000, ...options })});`;
}

/** Makes a segment of the device, as `our.segment`. */
export function formatting(coherence: "coherent" | "incoherent" = "incoherent"): string {
  return `
    our.instance ??= await openInstance(${JSON.stringify(DEVICE)}, { coherence: ${JSON.stringify(coherence)} });
    const file = await our.instance.open("dax0.0", { access: "read-write" });
    our.segment = Segment.format(file.map(), { hosts: 2, participantsPerHost: 4, force: false });`;
}
