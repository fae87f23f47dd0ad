import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Bench } from "tinybench";

/** Long enough for the slowest; a side whose partner died would wait for ever. */
const TIMEOUT = 600_000;

const run = (file: string, args: readonly string[]) => promisify(execFile)(file, args, { timeout: TIMEOUT });

/** The compiled benchmarks are in test/bench/build, the C programs in build/bench. */
const CHILDREN = new URL("./children/", import.meta.url);
const YARDSTICKS = new URL("../../../build/bench/", import.meta.url);

/** Where a program or addon of c/ was built. */
export function yardstickPath(name: string): string {
  return fileURLToPath(new URL(name, YARDSTICKS));
}

/** Runs a program of c/ and returns the JSON that it prints. */
export async function yardstick(name: string, args: readonly (string | number)[]): Promise<Record<string, number>> {
  const { stdout } = await run(yardstickPath(name), args.map(String));
  return JSON.parse(stdout) as Record<string, number>;
}

/** Runs a program of children/ in a Node of its own; returns what it printed. */
export async function child(name: string, args: readonly (string | number)[] = [], flags: readonly string[] = []) {
  const script = fileURLToPath(new URL(`${name}.js`, CHILDREN));
  const { stdout } = await run(process.execPath, [...flags, script, ...args.map(String)]);
  return stdout;
}

/** A program that goes on beside what is measured. */
export interface Background {
  readonly pid: number;
  /** Ends its standard input, and waits until it went. */
  stop(): Promise<void>;
}

/** Starts a program of children/ that goes on until its standard input ends; waits for the first that it prints. */
export async function background(
  name: string,
  args: readonly (string | number)[],
  flags: readonly string[] = [],
): Promise<Background> {
  const script = fileURLToPath(new URL(`${name}.js`, CHILDREN));
  const started = spawn(process.execPath, [...flags, script, ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(started, "exit");
  const early = gone.then(([code]) => Promise.reject(new Error(`${name}.js ended with ${code}`)));
  early.catch(() => {});
  await Promise.race([once(started.stdout, "data"), early]);
  return {
    pid: started.pid as number,
    async stop() {
      started.stdin.end();
      await gone;
    },
  };
}

/** How often a task is called for one figure. */
export interface Repetition {
  readonly samples: number;
  /** Calls in one sample; more than one where a call is as short as the clock's own cost (some 40 ns). */
  readonly batch: number;
}

/** The times of one call in nanoseconds: the median over the samples, and the fastest of them. */
export async function nanoseconds(
  task: () => void,
  { samples, batch }: Repetition,
): Promise<{ median: number; fastest: number }> {
  const bench = new Bench({ iterations: samples, time: 0, warmup: false });
  bench.add("task", () => {
    for (let i = 0; i < batch; i++) task();
  });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result === undefined || !("latency" in result))
    throw result && "error" in result ? result.error : new Error("the task did not finish");
  const scale = 1e6 / batch;
  return { median: result.latency.p50 * scale, fastest: result.latency.min * scale };
}

/** How much later than asked for a 1 ms timer came at worst while the work went on, in milliseconds. */
export async function longestTimerDelay(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let due = performance.now() + 1;
  let timer: NodeJS.Timeout;
  let onTick = () => {};
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - due);
    due = now + 1;
    timer = setTimeout(tick, 1);
    onTick();
  };
  timer = setTimeout(tick, 1);
  await work();
  // The timer that the end of the work delayed counts too.
  await new Promise<void>((resolve) => {
    onTick = resolve;
  });
  clearTimeout(timer);
  return longest;
}

/** Does nothing for some milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
