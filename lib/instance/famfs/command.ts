import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

/** How long a command may run, and what ends it early. */
export interface CommandLimits {
  /** In milliseconds. */
  readonly timeout: number;
  /** A command that is at work when it is aborted may come to its end for a while: a killed one leaves half of its work. */
  readonly signal?: AbortSignal | undefined;
  /** A descriptor that the command keeps open too, so that a lock on it outlives whoever started the command. */
  readonly keep?: number | undefined;
}

/** How a command ended. */
export interface CommandEnd {
  /** Its exit code; null where it was killed, or goes on. */
  readonly code: number | null;
  /** What killed it. */
  readonly signal: NodeJS.Signals | null;
  /** The first 256 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** The process that this user may not end, or that does not end; undefined where nothing goes on. */
  readonly survivor: number | undefined;
}

/** Of each output, in bytes. */
const LARGEST_OUTPUT = 256 * 1024;
/** All in milliseconds. */
const ABORT_GRACE = 2000;
const TERM_GRACE = 500;
const KILL_GRACE = 1000;
const OUTPUT_GRACE = 200;

/**
 * Runs a command without a shell, in a process group of its own and without a terminal: what a terminal sends to this
 * process does not stop the command half-way.
 * @param argv the command and its arguments
 * @returns how it ended, also where it was aborted; what could not be started rejects with the system's error
 */
export async function runCommand(argv: readonly string[], limits: CommandLimits): Promise<CommandEnd> {
  limits.signal?.throwIfAborted();
  const child = start(argv, limits.keep);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const ended = new Promise<void>((settle, reject) => {
    child.on("error", reject);
    child.once("exit", () => settle());
  });
  const closed = new Promise((settle) => child.once("close", settle));
  const tooLong = await outlives(ended, limits);
  const survivor = tooLong ? await endGroup(child, ended) : undefined;
  // What it has started may keep its outputs open for ever.
  await Promise.race([closed, pause(OUTPUT_GRACE, undefined, { ref: false })]);
  letGo(child);
  return {
    code: child.exitCode,
    signal: child.signalCode,
    stdout: stdout(),
    stderr: stderr(),
    timedOut: tooLong && !limits.signal?.aborted,
    survivor,
  };
}

function start([command = "", ...args]: readonly string[], keep: number | undefined): ChildProcess {
  return spawn(command.includes("/") ? resolve(command) : command, args, {
    // Any that cannot go away; the messages that are looked at are English.
    cwd: "/",
    env: { ...process.env, LC_ALL: "C" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", ...(keep === undefined ? [] : [keep])],
  });
}

/** Reads to the end, so that the command is never kept waiting, and keeps the beginning. */
function collect(stream: Readable | null): () => string {
  const pieces: Buffer[] = [];
  let room = LARGEST_OUTPUT;
  stream?.on("error", () => undefined);
  stream?.on("data", (piece: Buffer) => {
    if (room > 0) pieces.push(piece.subarray(0, room));
    room -= piece.length;
  });
  return () => Buffer.concat(pieces).toString("utf8");
}

/** Whether the command is still there at its time-out, or a while after it was aborted. */
async function outlives(ended: Promise<void>, { timeout, signal }: CommandLimits): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const limit = new Promise<true>((settle) => {
    const wait = (milliseconds: number) => {
      clearTimeout(timer);
      timer = setTimeout(settle, milliseconds, true);
    };
    wait(timeout);
    onAbort = () => wait(Math.min(timeout, ABORT_GRACE));
  });
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([ended.then(() => false), limit]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Ends the command and whatever it has started; returns what cannot be ended. */
async function endGroup(child: ChildProcess, ended: Promise<void>): Promise<number | undefined> {
  const { pid } = child;
  if (pid === undefined) return undefined;
  for (const [signal, grace] of [["SIGTERM", TERM_GRACE] as const, ["SIGKILL", KILL_GRACE] as const]) {
    send(pid, signal);
    await Promise.race([ended, pause(grace)]);
    if (signal === "SIGTERM" && send(pid, 0) === "nobody") break;
  }
  const goesOn = child.exitCode === null && child.signalCode === null;
  return goesOn || send(pid, 0) === "refused" ? pid : undefined;
}

function send(group: number, signal: NodeJS.Signals | 0): "sent" | "refused" | "nobody" {
  try {
    process.kill(-group, signal);
    return "sent";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "refused" : "nobody";
  }
}

/** What goes on must not keep this process. */
function letGo(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}
