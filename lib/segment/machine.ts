import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Coherence } from "../memory/coherence.js";
import { systemFailure } from "../native/binding.js";

/** What tells one host from another, and from itself before a restart. */
export interface Machine {
  /** Drawn by the kernel at each boot; 32 hexadecimal digits. */
  readonly bootId: string;
  /** Drawn when the system was installed; 32 hexadecimal digits, zeros where there is none. */
  readonly machineId: string;
}

const UNKNOWN = "0".repeat(32);

/** This host; each simulated host is one of its own. */
export function thisMachine(coherence: Coherence, host: number | undefined): Machine {
  const bootId = idIn("/proc/sys/kernel/random/boot_id") ?? UNKNOWN;
  const machineId = idIn("/etc/machine-id") ?? idIn("/var/lib/dbus/machine-id") ?? UNKNOWN;
  if (coherence !== "simulated") return { bootId, machineId };
  return { bootId: derived(bootId, host), machineId: derived(machineId, host) };
}

function derived(id: string, host: number | undefined): string {
  return createHash("sha256").update(`${id} ${host}`).digest("hex").slice(0, 32);
}

/** Whether both are known and equal. */
export function sameMachine(a: Machine, b: Machine): boolean {
  return a.machineId === b.machineId && a.machineId !== UNKNOWN;
}

function idIn(path: string): string | undefined {
  try {
    const id = readFileSync(path, "utf8").trim().replaceAll("-", "").toLowerCase();
    return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
  } catch (error) {
    if (systemFailure(error) === undefined) throw error;
    return undefined;
  }
}
