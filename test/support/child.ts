import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The package's folder: scripts run there, so that they import "famfs" by self reference. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A script may take this long, in milliseconds; under a sanitizer longer. */
const TIMEOUT = Number(process.env["CHILD_TIMEOUT"] ?? 25_000);

/** How a script is run. */
export interface ScriptOptions {
  /** Its `process.argv` from 1 on. */
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Options of node itself. */
  nodeOptions?: readonly string[];
  /** A command that starts the one that is appended to it, such as `["unshare", "-m"]`. */
  wrapper?: readonly string[];
  uid?: number;
  /** It is killed then, in milliseconds, and the test fails. */
  timeout?: number;
  /** Of messages: `"advanced"` also takes bigints and typed arrays. */
  serialization?: "json" | "advanced";
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script in a process of its own, with an IPC channel; killed when the test ends. */
export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #messages: unknown[] = [];
  #wake: (() => void) | undefined;
  #over: Ended | undefined;

  constructor(script: string, options: ScriptOptions = {}) {
    const { args = [], nodeOptions = [], wrapper = [], env = {}, uid, timeout = TIMEOUT, serialization } = options;
    const node = [process.execPath, ...nodeOptions, "--input-type=module", "-e", script, "--", ...args];
    const [command = "", ...rest] = [...wrapper, ...node];
    const spawnOptions: SpawnOptions = {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      ...(serialization && { serialization }),
    };
    this.process = spawn(command, rest, uid === undefined ? spawnOptions : { ...spawnOptions, uid, gid: uid });
    this.ended = this.#collect(timeout);
    this.process.on("message", (message) => {
      this.#messages.push(message);
      this.#wake?.();
    });
    onTestFinished(async () => {
      this.process.kill("SIGKILL");
      await this.ended.catch(() => undefined);
    });
  }

  #collect(timeout: number): Promise<Ended> {
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      this.process[name]?.setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    const timer = setTimeout(() => this.process.kill("SIGKILL"), timeout);
    return new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.process.on("close", (code, signal) => {
        clearTimeout(timer);
        this.#over = { code, signal, ...output };
        resolve(this.#over);
        this.#wake?.();
      });
    });
  }

  /** The next thing that the script sends with process.send(). */
  async message<T = unknown>(): Promise<T> {
    while (this.#messages.length === 0) {
      if (this.#over !== undefined)
        throw new Error(`the script ended without a message: ${JSON.stringify(this.#over)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() as T;
  }

  send(message: object | string): void {
    this.process.send(message);
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("the process did not start");
    return this.process.pid;
  }
}

/** Runs a script to its end. */
export function run(script: string, options?: ScriptOptions): Promise<Ended> {
  return new Child(script, options).ended;
}

/** Runs a script that must end well; returns what it printed last, as JSON. */
export async function result<T>(script: string, options?: ScriptOptions): Promise<T> {
  return endedWell<T>(await run(script, options));
}

/** What a script that ended well printed last, as JSON. */
export function endedWell<T>({ code, signal, stdout, stderr }: Ended): T {
  if (code !== 0) throw new Error(`the script ended with ${signal ?? code}:\n${stdout}${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}
