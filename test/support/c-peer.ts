import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { f64, struct, u32, u64Number, utf8, vector } from "famfs";
import { onTestFinished } from "vitest";
import { ROOT } from "./child.js";
import type { Reason } from "./requirements.js";

/** The record of the example; examples/c-peer/quote.h is made of it. */
export const Quote = struct({
  sequence: u64Number,
  bid: f64,
  ask: f64,
  symbol: utf8(8),
  depth: vector(u32, 48),
});

/** The quote that examples/c-peer writes under a number. */
export const quote = (sequence: number) => ({
  sequence,
  bid: sequence - 0.5,
  ask: sequence + 0.5,
  symbol: "FAMFS",
  depth: new Uint32Array(48).fill(sequence),
});

const runs = (...command: [string, ...string[]]) => spawnSync(command[0], command.slice(1)).status === 0;

/** Why examples/c-peer cannot be built with these compilers; the first one that is there is used. */
export function lacksCompiler(compilers: readonly string[]): Reason {
  if (!runs("make", "--version")) return "needs make";
  return compilers.some((compiler) => runs(compiler, "--version")) ? undefined : `needs ${compilers[0]}`;
}

/** Builds a copy of the example, as its README says. @returns the folder, for {@link rmSync} */
export function buildPeer(compilers: readonly string[]): { folder: string; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "famfs-c-peer-"));
  cpSync(join(ROOT, "examples/c-peer"), folder, { recursive: true });
  const compiler = compilers.find((name) => runs(name, "--version")) as string;
  // Where the tests run under a sanitizer, the compiler does not.
  const env = { ...process.env, LD_PRELOAD: "" };
  rmSync(join(folder, "c-peer"), { force: true });
  try {
    return { folder, output: execFileSync("make", [`CC=${compiler}`], { cwd: folder, env, encoding: "utf8" }) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Its answer to a command: the lines before the last one, and what that says. */
export interface Answer {
  readonly lines: readonly string[];
  readonly end: string;
}

/** The example as a process; killed when the test ends. */
export class CPeer {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  readonly #lines: AsyncIterator<string>;

  /** @param args the segment's file and the host index; @param wrapper a command that starts the one behind it */
  constructor(program: string, args: readonly string[], wrapper: readonly string[] = []) {
    const [command = "", ...rest] = [...wrapper, program, ...args];
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] });
    this.process = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    child.stdin.on("error", () => undefined); // it ended before it read everything
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    this.ended = new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await this.ended;
    });
  }

  /** What it says next: once after it started, then to each command. */
  async answer(): Promise<Answer> {
    const lines: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`the peer ended: ${JSON.stringify([lines, await this.ended])}`);
      if (value === "ok" || value.startsWith("error: ")) return { lines, end: value };
      lines.push(value);
    }
  }

  /** Gives a command; its answer. */
  ask(command: string): Promise<Answer> {
    this.process.stdin?.write(`${command}\n`);
    return this.answer();
  }

  /** Gives a command that must be answered with "ok"; the lines before. */
  async must(command: string): Promise<readonly string[]> {
    const { lines, end } = await this.ask(command);
    if (end !== "ok") throw new Error(`${command}: ${end}`);
    return lines;
  }

  /** Ends its input: it leaves and exits. */
  async end(): Promise<{ code: number | null; stderr: string }> {
    this.process.stdin?.end();
    return this.ended;
  }
}
