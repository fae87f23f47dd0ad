import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs mount(8) or umount(8); throws where it fails. */
export function mountCommand(command: "mount" | "umount", ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

/** Tells who mounted: a pid means nothing in another pid namespace that shares the folder. */
const PREFIX = `famfs-double-${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}-`;

/** A fresh tmpfs for what a double needs. What killed processes left is removed first. */
export function mountFolder(): string {
  removeLeftOvers();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  mountCommand("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder);
  return folder;
}

/** Takes the mounts in it along, whoever has files open there. */
export function removeMount(folder: string): void {
  mountCommand("umount", "--lazy", folder);
  rmdirSync(folder);
}

function removeLeftOvers(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX) || existsSync(`/proc/${name.slice(PREFIX.length).split("-")[0]}`)) continue;
    try {
      removeMount(join(tmpdir(), name));
    } catch {
      // Another process was faster.
    }
  }
}
