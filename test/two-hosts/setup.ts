import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { basename, join } from "node:path";
import type { TestProject } from "vitest/node";
import { command, Unavailable } from "./harness/command.js";
import { makeInitramfs } from "./harness/initramfs.js";
import { obtainKernel } from "./harness/kernel.js";
import type { Image } from "./harness/pair.js";
import { GUEST, LOGS, RUNS } from "./harness/paths.js";
import { checkRequirements } from "./harness/requirements.js";

/** Once before all scenarios; what it returns is done after them. */
export default function setup(project: TestProject): () => void {
  const folder = join(RUNS, `${process.pid}`);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  removeWhenInterrupted(remove);
  try {
    checkRequirements();
    project.provide("twoHosts", makeImage(folder));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`The scenarios on two hosts are skipped: ${error.message}`);
    project.provide("twoHosts", { unavailable: error.message });
  }
  return remove;
}

/** Nobody runs what setup returned then; the guests end by themselves. */
function removeWhenInterrupted(remove: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      remove();
      process.exit(128 + constants.signals[signal]);
    });
  }
}

function makeImage(folder: string): Image {
  const { image, modules } = obtainKernel();
  removeLeftOvers();
  mkdirSync(folder, { recursive: true });
  const initramfs = join(folder, "initramfs");
  makeInitramfs({ image, modules }, initramfs);
  buildPrograms(folder);
  return { kernel: image, initramfs, modules, folder };
}

/** The C programs of guests. */
function buildPrograms(folder: string): void {
  for (const source of readdirSync(GUEST).filter((name) => name.endsWith(".c"))) {
    const program = join(folder, basename(source, ".c"));
    command("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, join(GUEST, source)]);
  }
}

/** Of runs that were killed. */
function removeLeftOvers(): void {
  rmSync(LOGS, { recursive: true, force: true });
  if (!existsSync(RUNS)) return;
  for (const pid of readdirSync(RUNS)) {
    if (!existsSync(`/proc/${pid}`)) rmSync(join(RUNS, pid), { recursive: true });
  }
}
