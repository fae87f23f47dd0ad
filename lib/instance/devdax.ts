import { stat } from "node:fs/promises";
import { constants } from "node:os";
import { FamfsError } from "../errors.js";
import { show } from "../guards.js";
import { capabilities } from "../memory/capabilities.js";
import type { MemoryTraits } from "../memory/coherence.js";
import { type DaxDevice, daxDevice, daxDevices } from "../memory/dax.js";
import { deviceNumber } from "../memory/device-number.js";
import { Mapping } from "../memory/mapping.js";
import { type Access, OpenFile } from "../memory/open-file.js";
import { Region } from "../memory/region.js";
import { fileError } from "../memory/system-errors.js";
import type { Backend, FileEntry, OpenedFile } from "./backend.js";
import type { ReplayCounts } from "./create-options.js";
import type { Extents } from "./famfs/extents.js";
import { type Device, type InstanceInfo, NO_FAMFS } from "./info.js";
import { type MountEntry, readMounts } from "./mountinfo.js";
import type { Wanted } from "./recognise.js";
import { settleDevice } from "./settle-device.js";

/** Of the superblock of a famfs, at the start of its device. */
const MAGIC = 0x87b282ffn;

/**
 * Takes a dax device without famfs for an instance.
 * @param path of the device, absolute and real
 * @param number its device number
 * @throws {FamfsError} ERR_FAMFS_NOT_A_DIRECTORY where it is another device, ERR_FAMFS_DEVICE_MODE,
 * ERR_FAMFS_DEVICE_IN_USE, ERR_FAMFS_PERMISSION, ERR_FAMFS_MEMORY_FAILURE, and what {@link settleDevice} throws
 */
export async function openDevdax(path: string, number: number, wanted: Wanted): Promise<Backend> {
  const device = daxDevice(number);
  if (device === undefined) {
    throw new FamfsError(
      "ERR_FAMFS_NOT_A_DIRECTORY",
      `${path} is a device, but no dax device of this host (/sys/bus/dax/devices); an instance is a directory or a dax device`,
      { path },
    );
  }
  if (device.mode !== "devdax") throw wrongMode(path, device);
  const traits = { kind: "devdax", mapAlignment: device.alignment, ...settleDevice(path, wanted) } as const;
  const backend = new DevdaxBackend(path, device, traits);
  if (wanted.force !== true) await refuseUsed(backend, number);
  return backend;
}

/** One file: the whole device. */
class DevdaxBackend implements Backend {
  constructor(
    readonly path: string,
    readonly device: DaxDevice,
    readonly traits: MemoryTraits,
  ) {}

  async create(): Promise<never> {
    throw this.#isOneFile();
  }

  async createMany(): Promise<never> {
    throw this.#isOneFile();
  }

  async makeFolder(): Promise<never> {
    throw this.#isOneFile();
  }

  #isOneFile(): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_UNSUPPORTED_OPERATION",
      `nothing is made on a dax device: ${this.path} is one file, open it by its name, ${show(this.device.name)}`,
      { path: this.path },
    );
  }

  async bring(): Promise<void> {}

  async replay(): Promise<ReplayCounts> {
    return { entries: 0, newFiles: 0, newFolders: 0 };
  }

  async open(name: string, access: Access): Promise<OpenedFile> {
    if (name !== this.device.name) {
      throw new FamfsError(
        "ERR_FAMFS_NOT_FOUND",
        `a dax device has one file, ${show(this.device.name)}, which is all of it; found ${show(name)}`,
        { path: this.path },
      );
    }
    const file = await OpenFile.open(this.path, access, this.traits).catch((error: unknown) => {
      throw this.explain(error);
    });
    return { file, extents: () => this.#extents };
  }

  get #extents(): Extents {
    return { kind: "simple", extents: [{ device: 0, offset: 0, length: this.device.size }] };
  }

  async *files(): AsyncGenerator<FileEntry, void, undefined> {
    const { mode, uid, gid } = await stat(this.path).catch((error: unknown) => {
      throw fileError(error, this.path);
    });
    const { name, size } = this.device;
    yield { name, size, mode: mode & 0o777, uid, gid, extents: this.#extents };
  }

  async refresh(): Promise<void> {}

  async info(): Promise<InstanceInfo> {
    const { kind, coherence } = this.traits;
    return { ...NO_FAMFS, kind, path: this.path, coherence, device: this.path };
  }

  async devices(): Promise<Device[]> {
    const { size, mode } = this.device;
    return [{ index: 0, uuid: undefined, size, path: this.path, mode }];
  }

  /** A device whose driver was taken away since says the same as a socket. */
  explain(error: unknown): unknown {
    if (!(error instanceof FamfsError) || error.errno !== -constants.errno.ENXIO) return error;
    const { path, device } = this;
    return wrongMode(path, daxDevices().find(({ name }) => name === device.name) ?? { ...device, mode: undefined });
  }
}

/** The command of daxctl that makes a program able to map the device. */
function wrongMode(path: string, { name, mode }: DaxDevice): FamfsError {
  const [found, arguments_] = WRONG_MODES[mode === "fsdev" || mode === "system-ram" ? mode : "none"];
  return new FamfsError(
    "ERR_FAMFS_DEVICE_MODE",
    `${path} ${found}, and a program can map it in mode devdax only; where nobody uses it, run "sudo daxctl ${arguments_} ${name}"`,
    { path },
  );
}

/** What it is used as, and what daxctl is to do. */
const WRONG_MODES = {
  fsdev: [
    "is in mode famfs (fsdev), in which a file system uses it, to be opened where it is mounted",
    "reconfigure-device --mode=devdax",
  ],
  "system-ram": [
    "is in mode system-ram, in which it is memory of this host's own",
    "reconfigure-device --mode=devdax --force",
  ],
  none: ["is in no mode that is known, or disabled", "reconfigure-device --mode=devdax"],
} as const;

/** Bytes stored into the device of a famfs destroy files of every host that has it mounted. */
async function refuseUsed(backend: DevdaxBackend, number: number): Promise<void> {
  const { path } = backend;
  const mount = await findMount(path, number);
  if (mount !== undefined) throw inUse(path, `is mounted at ${mount.path}; open that instead`);
  if (await carriesFamfs(backend)) throw inUse(path, "carries a famfs; mount it, and open where it is mounted");
}

function inUse(path: string, found: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_DEVICE_IN_USE",
    `${path} ${found}. What is stored into the device destroys the famfs on all hosts: to take it over all the same, unmount it on all of them, and pass { force: true }, or erase its superblock (mkfs.famfs --kill)`,
    { path },
  );
}

async function findMount(path: string, number: number): Promise<MountEntry | undefined> {
  for (const mount of await readMounts()) {
    if (mount.source === path || mount.number === deviceNumber(number)) return mount;
    if (!mount.source.startsWith("/dev/dax")) continue;
    const status = await stat(mount.source).catch(() => undefined);
    if (status?.isCharacterDevice() && status.rdev === number) return mount;
  }
  return undefined;
}

async function carriesFamfs({ path, traits }: DevdaxBackend): Promise<boolean> {
  // Another host may have made it just now: whatever mode was declared, the line is to come from memory.
  const coherence = capabilities().incoherent === true ? "incoherent" : "coherent";
  const file = await OpenFile.open(path, "read-only", { ...traits, coherence });
  try {
    const region = new Region(file, 0, traits.mapAlignment);
    try {
      const mapping = new Mapping(region, 0, traits.mapAlignment);
      mapping.invalidate(0, 8);
      const magic = mapping.view(DataView, 0, 8).getBigUint64(0, true);
      region.check();
      return magic === MAGIC;
    } finally {
      region.close();
    }
  } finally {
    file.close();
  }
}
