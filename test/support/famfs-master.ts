import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Instance, type OpenInstanceOptions, openInstance } from "famfs";
import { onTestFinished } from "vitest";
import type { FamfsMount } from "./famfs.js";
import { famfsCommand } from "./famfs-command.js";
import { type FuseMount, type FuseMountOptions, mountFuse } from "./fuse-mount.js";

/** A mounted double, and the stand-in command that makes files on it; both go when the test ends. */
export class FamfsMaster<M extends FamfsMount = FuseMount> {
  constructor(
    readonly mount: M,
    readonly command: string,
  ) {}

  get root(): string {
    return this.mount.root;
  }

  /** The absolute path of a name. */
  path(name: string): string {
    return join(this.root, name);
  }

  /** The bytes of a file, past all mounts. */
  bytes(name: string): Buffer {
    return readFileSync(join(this.mount.data, name));
  }

  /** How the command is started so that these things (test/doubles/famfs/main.ts) go wrong; also good for FAMFS_CLI. */
  cli(wrong = ""): readonly string[] {
    const { data, folder } = this.mount;
    const ofKind = "shadow" in this.mount ? { SHADOW: this.mount.shadow } : { RECORDS: join(folder, "records") };
    const settings = Object.entries({ DATA: data, CALLS: this.notes, ...ofKind });
    const environment = settings.map(([name, value]) => `FAMFS_DOUBLE_${name}=${value}`);
    // What makes a double of this mount for others would keep the command from making files on it.
    return ["env", "-u", "LD_PRELOAD", ...environment, `FAMFS_DOUBLE=${wrong}`, this.command];
  }

  /** An instance of it, with a command that goes wrong like this. */
  async open(wrong = "", options: OpenInstanceOptions = {}): Promise<Instance> {
    const instance = await openInstance(this.root, { cli: this.cli(wrong), ...options });
    onTestFinished(() => instance.close());
    return instance;
  }

  /** Where the command notes its runs; commands of any user do. */
  get notes(): string {
    return join(this.mount.folder, "calls");
  }

  /** What the command has noted: its arguments, and other things. */
  get calls(): readonly unknown[] {
    const lines = readFileSync(this.notes, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** The arguments of the commands that ran. */
  get commands(): readonly (readonly string[])[] {
    return this.calls.filter((call): call is string[] => Array.isArray(call));
  }

  /** Whether each command began when no other was at work. */
  get tookTurns(): boolean {
    const begins = this.calls.map((call) => Array.isArray(call));
    return begins.every((begin, i) => begin === (i % 2 === 0)) && !this.calls.includes("overlap");
  }
}

/** A double of the FUSE kind, which this process sees too. */
export async function famfsMaster(options: Partial<FuseMountOptions> = {}): Promise<FamfsMaster<FuseMount>> {
  const mount = await mountFuse({ shadow: "xattr", ...options });
  onTestFinished(() => mount[Symbol.asyncDispose]());
  return commandOf(mount);
}

/** The stand-in command for a double of any kind. */
export async function commandOf<M extends FamfsMount>(mount: M): Promise<FamfsMaster<M>> {
  const [command = ""] = await famfsCommand();
  const master = new FamfsMaster(mount, command);
  writeFileSync(master.notes, "");
  chmodSync(master.notes, 0o666);
  return master;
}
