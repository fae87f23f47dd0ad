import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/child.js";
import { type Ended, GuestProcess } from "./guest-process.js";
import { Machine, type MachineParts } from "./machine.js";
import { within } from "./within.js";

/** How a command is run in a guest. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunOptions extends StartOptions {
  /** It is killed then, in milliseconds. Default 120,000. */
  readonly timeout?: number;
}

/** A program and its arguments, or a script for the shell. */
export type Command = readonly string[] | string;

/** Longer than a guest needs to boot while the other one and a build keep the CPUs busy, in milliseconds. */
const BOOT = 240_000;
const TIMEOUT = 120_000;
/** For the agent to say that what it killed has ended. */
const ANSWER = 60_000;

/** One of the two hosts: a name, a machine id and a console that stay, and a machine that comes and goes. */
export class Guest {
  readonly name: string;
  readonly console: string;
  readonly #parts: MachineParts;
  readonly #processes = new Map<number, GuestProcess>();
  #machine: Machine | undefined;
  #clock: string | undefined;
  #jobs = 0;
  #whenUp: (() => void) | undefined;

  /** @param folder for what it shares with this host */
  constructor(name: string, parts: Pick<MachineParts, "kernel" | "initramfs" | "memory">, folder: string) {
    this.name = name;
    this.console = join(folder, `${name}-console`);
    const share = join(folder, `${name}-share`);
    mkdirSync(share);
    const machineId = createHash("md5").update(`famfs two-hosts ${name}`).digest("hex");
    this.#parts = { ...parts, name, machineId, share, console: this.console };
  }

  /** Whether it has power. */
  get isOn(): boolean {
    return this.#machine !== undefined;
  }

  /** Whether its clock was set to something else than this host's. */
  get hasOwnClock(): boolean {
    return this.#clock !== undefined;
  }

  /** Switches it on, with a clock that shows `2030-01-01T00:00:00` or whatever is given, else that of this host. */
  async boot({ clock }: { clock?: string } = {}): Promise<void> {
    if (this.#machine !== undefined) throw new Error(`guest ${this.name} is on`);
    this.#clock = clock;
    const machine = new Machine({ ...this.#parts, clock }, (line) => this.#heed(line));
    this.#machine = machine;
    const off = machine.ended.then(() => {
      this.#machine = undefined;
      const reason = this.#lost(machine.complaints);
      for (const process of this.#processes.values()) process.lose(reason);
      this.#processes.clear();
      throw reason;
    });
    off.catch(() => undefined);
    const up = new Promise<void>((resolve) => {
      this.#whenUp = resolve;
    });
    await within(BOOT, `booting guest ${this.name}`, Promise.race([up, off]));
  }

  #heed(line: string): void {
    const [verb, job, code] = line.split(" ");
    if (verb === "up") this.#whenUp?.();
    if (verb !== "done") return;
    this.#processes.get(Number(job))?.end(Number(code));
    this.#processes.delete(Number(job));
  }

  #lost(complaints: string): Error {
    const tail = existsSync(this.console) ? readFileSync(this.console, "utf8").split("\n").slice(-15).join("\n") : "";
    return new Error(`guest ${this.name} has lost its power${complaints && `: ${complaints}`}\n${tail}`);
  }

  /** Cuts its power, as if by an accident; the shared memory keeps what was stored. */
  async kill(): Promise<void> {
    await this.#powered().kill();
  }

  /**
   * Stops the whole guest, as when its hypervisor does: it does not notice. Its clocks stand still; with
   * `clock: "runs"` they jump to the present when it goes on.
   */
  async stop({ clock = "stands" }: { clock?: "stands" | "runs" } = {}): Promise<void> {
    const machine = this.#powered();
    if (clock === "stands") await machine.qmp.execute("stop");
    else machine.process.kill("SIGSTOP");
  }

  /** Lets it go on after {@link stop}. */
  async cont(): Promise<void> {
    const machine = this.#powered();
    machine.process.kill("SIGCONT");
    await machine.qmp.execute("cont");
  }

  /** Runs a command to its end, in the project's folder. Its input is empty. */
  async run(command: Command, { timeout = TIMEOUT, ...options }: RunOptions = {}): Promise<Ended> {
    const process = this.#start(command, "quiet", options);
    const what = `guest ${this.name}: ${String(command).slice(0, 200)}`;
    try {
      return await within(timeout, what, process.ended);
    } catch (error) {
      // Its end tells that the guest is still there, what it printed, why.
      process.kill();
      const { stdout, stderr } = await within(ANSWER, what, process.ended);
      throw new Error(`${(error as Error).message}\n${stdout}${stderr}`);
    }
  }

  /** Starts a program of Node's: an ES module in the project's folder, which can import `famfs`. */
  node(script: string, { args = [], ...options }: StartOptions & { args?: readonly string[] } = {}): GuestProcess {
    return this.#start([process.execPath, "--input-type=module", "-e", script, "--", ...args], "talks", options);
  }

  /** Runs a program of Node's that must end well; returns what it printed last, as JSON. */
  async result<T>(
    script: string,
    { args = [], ...options }: RunOptions & { args?: readonly string[] } = {},
  ): Promise<T> {
    const command = [process.execPath, "--input-type=module", "-e", script, "--", ...args];
    const { code, stdout, stderr } = await this.run(command, options);
    if (code !== 0) throw new Error(`guest ${this.name}: the script ended with ${code}:\n${stdout}${stderr}`);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
  }

  /** Kills all that runs in it. */
  async killAll(): Promise<void> {
    const processes = [...this.#processes.values()];
    for (const process of processes) process.kill();
    const ends = Promise.allSettled(processes.map(({ ended }) => ended));
    await within(ANSWER, `guest ${this.name}: killing what runs in it`, ends);
  }

  #start(command: Command, input: "quiet" | "talks", { env = {} }: StartOptions): GuestProcess {
    const { agent } = this.#powered();
    const job = ++this.#jobs;
    const folder = join(this.#parts.share, `${job}`);
    const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
    const last = typeof command === "string" ? command : `exec ${command.map(quoted).join(" ")}`;
    mkdirSync(folder);
    writeFileSync(join(folder, "command"), `cd ${quoted(ROOT)}\n${variables.join("")}${last}\n`);
    const process = new GuestProcess(folder, (verb, text) => agent.write(`${verb} ${job} ${text}`));
    this.#processes.set(job, process);
    agent.write(`start ${job} ${input}`);
    return process;
  }

  #powered(): Machine {
    if (this.#machine === undefined) throw new Error(`guest ${this.name} is off`);
    return this.#machine;
  }
}

/** For the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
