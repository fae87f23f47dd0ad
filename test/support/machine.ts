import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** What the next process is to take for its host's ids. */
export interface FakeMachine {
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  /** A UUID. */
  readonly bootId: string;
}

/**
 * A command that starts another one as on another machine, or after a restart: in a mount namespace of its own, in which
 * the files with the ids are others. Needs what {@link cannotMount} says.
 */
export function asMachine({ machineId, bootId }: FakeMachine): string[] {
  const folder = mkdtempSync(join(tmpdir(), "famfs-machine-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "machine"), `${machineId}\n`);
  writeFileSync(join(folder, "boot"), `${bootId}\n`);
  const mounts = `mount --bind ${folder}/machine /etc/machine-id && mount --bind ${folder}/boot /proc/sys/kernel/random/boot_id`;
  return ["unshare", "-m", "sh", "-c", `${mounts} && exec "$@"`, "sh"];
}
