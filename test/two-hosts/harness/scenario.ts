import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { inject, onTestFailed, test } from "vitest";
import { named } from "../../support/requirements.js";
import type { Guest } from "./guest.js";
import { Pair } from "./pair.js";
import { LOGS } from "./paths.js";

/** What a scenario plays with. */
export interface Stage {
  readonly a: Guest;
  readonly b: Guest;
  /** Boots a guest and gives it the device; of one that is on, cuts the power first. */
  reboot(guest: Guest, options?: { clock?: string }): Promise<void>;
  /** Stores bytes into the device, as a third host that writes them back at once. */
  store(at: number, bytes: Uint8Array): void;
}

const setting = inject("twoHosts");

/** One for all scenarios: all test files of a run share a process. */
let pair: Pair | undefined;

/**
 * A test on two hosts that share the device `/dev/dax0.0`, all zeros at first. Both are on when it starts, and what it
 * leaves running is killed. Skipped, with the reason in its name, where guests cannot run.
 */
export function scenario(name: string, play: (stage: Stage) => Promise<void>, timeout?: number): void {
  if ("unavailable" in setting) {
    test.skip(named(name, setting.unavailable));
    return;
  }
  test(
    name,
    async () => {
      pair ??= new Pair(setting);
      await playOn(pair, name, play);
    },
    timeout,
  );
}

/** The path, in the guests, of a program whose source is `guest/<name>.c`. */
export function program(name: string): string {
  return "unavailable" in setting ? name : join(setting.folder, name);
}

/** The path, in the guests, of a module of their kernel: one of harness/kernel.ts. */
export function kernelModule(name: string): string {
  return "unavailable" in setting ? name : join(setting.modules, `${name}.ko`);
}

async function playOn(pair: Pair, name: string, play: (stage: Stage) => Promise<void>): Promise<void> {
  const { a, b } = pair;
  onTestFailed(() => keepConsoles([a, b], name));
  await pair.boot();
  pair.clear();
  const reboot: Stage["reboot"] = async (guest, options) => {
    if (guest.isOn) await guest.kill();
    await guest.boot(options);
    await pair.attach(guest);
  };
  try {
    await play({ a, b, reboot, store: (at, bytes) => pair.store(at, bytes) });
    await Promise.all([tidy(a), tidy(b)]);
  } catch (error) {
    // Nobody knows what state they are in.
    await Promise.all([a, b].map((guest) => guest.isOn && guest.kill()));
    throw error;
  }
}

/** The next scenario boots what is switched off: what did not end, and who has a clock of its own. */
async function tidy(guest: Guest): Promise<void> {
  if (!guest.isOn) return;
  if (guest.hasOwnClock) await guest.kill();
  else await guest.killAll().catch(() => guest.kill());
}

function keepConsoles(guests: readonly Guest[], name: string): void {
  const folder = join(LOGS, name.replace(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  for (const { console } of guests) copyFileSync(console, join(folder, `${basename(console)}.log`));
  console.log(`${name}: the consoles of the guests are in ${folder}`);
}
