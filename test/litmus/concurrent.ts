import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { createTmpfsInstance, type MappingHandle, openInstance } from "famfs";
import { simulateHosts } from "famfs/testing";
import type { Outcomes } from "./interleaved.js";
import type { Litmus } from "./litmus.js";
import type { Part } from "./participant.js";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const PARTICIPANT = new URL("../../build/litmus/participant.js", import.meta.url);

/** Makes the participants' program: workers run no TypeScript. */
export function buildParticipant(): void {
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  execFileSync(process.execPath, [tsc, "-p", FOLDER], { stdio: "inherit" });
}

/** Runs a litmus test on simulated memory, a thread a host, with the background thread. */
export async function runOnSimulated(litmus: Litmus, rounds: number, seed: number): Promise<Outcomes> {
  const instances = 4;
  await using simulation = await simulateHosts(litmus.parties, { size: litmus.size * instances, seed });
  const handles = simulation.hosts.map((host) => host.handle());
  const outcomes = await runInWorkers(litmus, handles, { rounds, instances });
  simulation.check();
  return outcomes;
}

/** Runs a litmus test on this host's own memory, a thread a participant. */
export async function runOnReal(
  litmus: Litmus,
  coherence: "coherent" | "incoherent",
  rounds: number,
): Promise<Outcomes> {
  const instances = 64;
  await using directory = await createTmpfsInstance();
  await using instance = await openInstance(directory.path, { coherence });
  const mapping = (await instance.create("litmus", { size: litmus.size * instances })).map();
  const handles = new Array<MappingHandle>(litmus.parties).fill(mapping.handle());
  return await runInWorkers(litmus, handles, { rounds, instances });
}

async function runInWorkers(
  litmus: Litmus,
  handles: MappingHandle[],
  { rounds, instances }: { rounds: number; instances: number },
): Promise<Outcomes> {
  const shared = new SharedArrayBuffer((instances * litmus.registers + 2 * litmus.parties) * 4);
  const batches = Math.ceil(rounds / instances);
  const workers = handles.map((handle, index) => {
    const workerData: Part = { litmus: litmus.name, index, batches, instances, handle, shared };
    return new Worker(PARTICIPANT, { workerData });
  });
  try {
    const results = await Promise.all(workers.map(resultOf));
    return new Map(results[0]);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function resultOf(worker: Worker): Promise<[string, number][]> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`a participant ended with ${code} before its last round`)));
  });
}
