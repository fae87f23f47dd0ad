import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How a command in a guest ended. */
export interface Ended {
  /** Above 128: 128 and the signal that ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How often a scenario looks for a message, in milliseconds. */
const LOOK = 10;

/** A command that runs in a guest. */
export class GuestProcess {
  /** Rejects when the guest's machine ends first. */
  readonly ended: Promise<Ended>;
  readonly #folder: string;
  readonly #tell: (verb: "send" | "kill", text: string) => void;
  #settle!: { resolve(ended: Ended): void; reject(error: Error): void };
  #heard = 0;
  #over = false;

  /** @param folder where its output goes @param tell says something to the agent about it */
  constructor(folder: string, tell: (verb: "send" | "kill", text: string) => void) {
    this.#folder = folder;
    this.#tell = tell;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who started it may not be interested.
    this.ended.catch(() => undefined);
  }

  /** The next line that it prints, as JSON; rejects when it ends or the time is over. */
  async message<T = unknown>({ timeout = 120_000 } = {}): Promise<T> {
    for (const end = Date.now() + timeout; ; await sleep(LOOK)) {
      // Asked first, so that what it printed last is found.
      const over = this.#over;
      const line = this.#nextLine();
      if (line !== undefined) return JSON.parse(line) as T;
      if (!over && Date.now() < end) continue;
      throw new Error(`${over ? "it ended" : `${timeout} ms went by`} without a message:\n${this.#output("stderr")}`);
    }
  }

  #nextLine(): string | undefined {
    const output = this.#output("stdout");
    const end = output.indexOf("\n", this.#heard);
    if (end < 0) return undefined;
    const line = output.slice(this.#heard, end);
    this.#heard = end + 1;
    return line;
  }

  /** Sends it a value, which its `message()` gets. */
  send(value: unknown): void {
    this.#tell("send", JSON.stringify(value));
  }

  /** To it and all processes that it started. */
  kill(signal: "KILL" | "TERM" | "INT" | "STOP" | "CONT" = "KILL"): void {
    this.#tell("kill", signal);
  }

  /** For the guest: it has ended. */
  end(code: number): void {
    this.#over = true;
    this.#settle.resolve({ code, stdout: this.#output("stdout"), stderr: this.#output("stderr") });
  }

  /** For the guest: nobody will know how it ended. */
  lose(reason: Error): void {
    this.#over = true;
    this.#settle.reject(reason);
  }

  #output(stream: "stdout" | "stderr"): string {
    try {
      return readFileSync(join(this.#folder, stream), "utf8");
    } catch {
      return ""; // not started yet
    }
  }
}
