import { readFileSync } from "node:fs";
import { type Coherence, type Instance, openInstance, type Participant, Segment } from "famfs";
import { joinSimulation } from "famfs/testing";
import { onTestFinished } from "vitest";
import { Child, type ScriptOptions } from "./child.js";

/** What tests make a segment of where they do not care. */
export const SMALL = { size: 1 << 20, hosts: 2, participantsPerHost: 4 };

/** A lease that tests can wait for, and that a busy machine does not break, in milliseconds. */
export const LEASE = 400;

/** A segment in a private instance; both go when the test ends. */
export interface TestSegment {
  readonly instance: Instance;
  readonly segment: Segment;
  /** Opens it again, in this process, as another host where that matters. */
  reopen(host?: number): Promise<Segment>;
  /** A process with the segment open; see {@link peer}. */
  peer(script: string, options?: PeerOptions): Child;
}

/** How another process takes part. */
export interface PeerOptions extends ScriptOptions {
  readonly host?: number;
  /** Default: it joins with the lease of tests; `participant` is then in scope. */
  readonly join?: boolean;
  /** In milliseconds. */
  readonly lease?: number;
}

/** Makes a segment in a private instance in this mode. */
export async function testSegment(coherence: Coherence, shape: Partial<typeof SMALL> = {}): Promise<TestSegment> {
  const instance = await openInstance(undefined, { fallback: "tmpfs", coherence, host: 0 });
  onTestFinished(() => instance.close());
  const segment = await Segment.create(instance, "segment", { ...SMALL, ...shape });
  if (coherence === "simulated") {
    const handle = segment.memory.mapping.handle();
    onTestFinished(async () => {
      const simulation = await joinSimulation(handle);
      simulation.check();
      // Open it would keep its memory.
      simulation.close();
    });
  }
  return {
    instance,
    segment,
    async reopen(host = 0) {
      const other = await openInstance(instance.path, { coherence, host });
      onTestFinished(() => other.close());
      return Segment.open(other, "segment");
    },
    peer: (script, options = {}) => peer(instance.path, coherence, script, options),
  };
}

/** Joins with a lease that tests can wait for. */
export function joined(segment: Segment, host = 0, name = "test"): Promise<Participant> {
  return segment.join({ host, name, lease: LEASE });
}

/**
 * A process with `instance`, `segment` and `participant` in scope, and what of the library the tests use; `tell` sends
 * a message, `command` waits for one. It ends when its script does.
 */
function peer(path: string, coherence: Coherence, script: string, options: PeerOptions): Child {
  const { host = 0, join = true, lease = LEASE, args = [], ...rest } = options;
  const source = `
    import { FamfsError, openInstance, Segment, SharedArray, struct, u32, f64 } from "famfs";
    import { atFailPoint, stopProcess } from "famfs/testing";
    const tell = (message) => new Promise((resolve) => process.send(message, resolve));
    const command = () => new Promise((resolve) => process.once("message", resolve));
    const codeOf = (promise) => promise.then(() => "done", (error) => error.code ?? String(error));
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const args = process.argv.slice(1);
    const instance = await openInstance(${JSON.stringify(path)}, ${JSON.stringify({ coherence, host })});
    const segment = await Segment.open(instance, "segment");
    ${join ? `const participant = await segment.join({ host: ${host}, name: "peer", lease: ${lease} });` : ""}
    ${script}
    process.disconnect?.();`;
  return new Child(source, { ...rest, args });
}

/** Looks again and again until something holds; fails after some seconds. */
export async function eventually(what: string, holds: () => boolean, timeout = 10_000): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`);
    await sleep(5);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Returns when a process was stopped by a signal. */
export function stopped(child: Child): Promise<void> {
  const state = () => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(")")[1] ?? "";
  return eventually("it stops", () => / [Tt] /.test(state()), LEASE * 50);
}
