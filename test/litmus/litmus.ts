import { Worker } from "node:worker_threads";
import type { Instance, OpenInstanceOptions } from "famfs";
import { PLACE } from "./programs.js";

const PLACES = 128;

/** How often each outcome came. */
export type Counts = Readonly<Record<string, number>>;

/**
 * Plays a program with two workers over one new file.
 * @param optionsOf the options with which each player opens the instance, so that hosts can be simulated
 */
export async function playLitmus(
  instance: Instance,
  program: string,
  rounds: number,
  optionsOf: (player: number) => OpenInstanceOptions,
): Promise<Counts> {
  const file = `litmus-${process.pid}-${Math.random().toString(36).slice(2)}`;
  (await instance.create(file, { size: PLACES * PLACE })).close();
  const shared = new SharedArrayBuffer(512 + 2 * PLACES);
  const players = [0, 1].map((player) => {
    const workerData = { path: instance.path, file, options: optionsOf(player), program, player, rounds };
    return new Worker(new URL("./player.js", import.meta.url), {
      workerData: { ...workerData, places: PLACES, shared },
    });
  });
  try {
    const [counts] = await Promise.all(players.map(firstMessage));
    return counts as Counts;
  } finally {
    await Promise.all(players.map((player) => player.terminate()));
  }
}

function firstMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("a player ended without its counts")));
  });
}
