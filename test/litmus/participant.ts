import { parentPort, workerData } from "node:worker_threads";
import { fullFence, type MappingHandle, openHandle, storeFence } from "famfs";
import { joinSimulation } from "famfs/testing";
import { LITMUS_TESTS } from "./all.js";
import type { Party } from "./litmus.js";
import { messagePassingBackwards } from "./message-passing-backwards.js";

/** What a worker is told. */
export interface Part {
  readonly litmus: string;
  readonly index: number;
  /** Participants meet before and after each batch; in it they run all instances, each in memory of its own. */
  readonly batches: number;
  readonly instances: number;
  readonly handle: MappingHandle;
  /** Registers of all instances, then two words a participant: how far it is. */
  readonly shared: SharedArrayBuffer;
}

/** A participant in a thread of its own; the first one counts outcomes. */
async function takePart({ litmus: name, index, batches, instances, handle, shared }: Part): Promise<void> {
  const litmus = [...LITMUS_TESTS, messagePassingBackwards].find((one) => one.name === name);
  if (litmus === undefined) throw new Error(`no litmus test is called ${name}`);
  const party = await join(handle);
  const { registers: count, parties, size } = litmus;
  const arrived = new Int32Array(shared, instances * count * 4, parties);
  const progress = new Int32Array(shared, (instances * count + parties) * 4, parties);
  const registers = Array.from({ length: instances }, (_, i) => new Int32Array(shared, i * count * 4, count));
  const programs = registers.map((own, i) =>
    litmus.program({ ...party, mapping: party.mapping.window(i * size, size) }, index, own),
  );
  const outcomes = new Map<string, number>();
  for (let batch = 1; batch <= batches; batch++) {
    arrive(arrived, index, 2 * batch - 1);
    programs.forEach((program, i) => {
      approach(progress, index, batch * instances + i);
      for (const operation of program) operation(batch);
    });
    arrive(arrived, index, 2 * batch);
    if (index !== 0) continue;
    for (const own of registers) {
      const outcome = litmus.outcome(batch, own);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  parentPort?.postMessage([...outcomes]);
}

/** Waits a little for the others to come to the same instance, and then a moment that differs: so they race there. */
function approach(progress: Int32Array, index: number, step: number): void {
  Atomics.store(progress, index, step);
  for (let other = 0; other < progress.length; other++) {
    for (let spins = 0; spins < 300 && Atomics.load(progress, other) < step; spins++);
  }
  for (let delay = (step * 7919 * (index + 1)) % 13; delay > 1; delay--) Atomics.load(progress, index);
}

/** Waits until all have come as far. Nobody sleeps for long: the others are at work on other cores. */
function arrive(arrived: Int32Array, index: number, step: number): void {
  Atomics.store(arrived, index, step);
  Atomics.notify(arrived, index);
  for (let other = 0; other < arrived.length; other++) {
    for (let spins = 0; Atomics.load(arrived, other) < step; spins++) {
      if (spins > 20_000) Atomics.wait(arrived, other, Atomics.load(arrived, other), 1);
    }
  }
}

async function join(handle: MappingHandle): Promise<Party> {
  if (handle.coherence !== "simulated") {
    return { mapping: await openHandle(handle), storeFence, fullFence, pass: () => undefined };
  }
  const host = await joinSimulation(handle);
  return {
    mapping: host.mapping,
    storeFence: () => host.storeFence("fence"),
    fullFence: () => host.fullFence("fence"),
    pass: () => host.pass(),
  };
}

await takePart(workerData as Part);
