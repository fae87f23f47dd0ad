import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { NativeBinding } from "../../types/native.js";
import { FamfsError } from "../errors.js";

/** What the loader looks at; a test gives it the facts of another machine. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly electron: string | undefined;
  /** The package's folder. */
  readonly root: string;
  /** Whether the C library is glibc; asked only when loading failed, because the answer takes milliseconds. */
  hasGlibc(): boolean;
  require(path: string): unknown;
}

/** The addon, and the status words of all mappings (types/native.d.ts). */
export interface LoadedAddon {
  readonly addon: NativeBinding;
  readonly status: Int32Array;
}

const ARCHITECTURES = ["x64", "arm64"];

function thisMachine(): Machine {
  const require = createRequire(import.meta.url);
  return {
    platform: process.platform,
    arch: process.arch,
    electron: process.versions["electron"],
    // Not relative to this file: in the published package it is part of a bundle.
    root: dirname(require.resolve("famfs/package.json")),
    hasGlibc: () => "glibcVersionRuntime" in (process.report.getReport() as { header: object }).header,
    require,
  };
}

/**
 * Loads the addon: the local build where there is one, else the prebuild of this platform.
 * @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_PLATFORM, ERR_FAMFS_UNSUPPORTED_LIBC, ERR_FAMFS_ADDON_MISSING,
 * ERR_FAMFS_ADDON_BROKEN, ERR_FAMFS_ELECTRON
 */
export function loadAddon(machine: Machine = thisMachine()): LoadedAddon {
  const { platform, arch, root } = machine;
  if (platform !== "linux" || !ARCHITECTURES.includes(arch)) {
    throw new FamfsError(
      "ERR_FAMFS_UNSUPPORTED_PLATFORM",
      `famfs maps memory on Linux x64 and arm64, this is ${platform} ${arch}; types and schemas work here, mapping does not`,
    );
  }
  const built = join(root, "build/Release/famfs.node");
  const prebuilt = join(root, `prebuilds/linux-${arch}/famfs.node`);
  const path = [built, prebuilt].find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new FamfsError(
      "ERR_FAMFS_ADDON_MISSING",
      `found no addon for linux ${arch}: neither ${prebuilt} nor ${built}; in a clone run "npm run build", in an installed package reinstall it`,
    );
  }
  const addon = requireAddon(machine, path);
  const words = addon.statusWords();
  if (words === null) throw noExternalBuffers(machine.electron);
  return { addon, status: new Int32Array(words) };
}

function requireAddon(machine: Machine, path: string): NativeBinding {
  try {
    return machine.require(path) as NativeBinding;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    if (!machine.hasGlibc() || /GLIBC(XX)?_\d/.test(said)) {
      const found = machine.hasGlibc()
        ? "an older one, or an older libstdc++ than that of GCC 11"
        : "another C library (musl, as in Alpine)";
      throw new FamfsError(
        "ERR_FAMFS_UNSUPPORTED_LIBC",
        `the prebuilt addon needs glibc 2.34 or newer, found ${found}; use an image with glibc, or build from a clone with "npm run build" (${said})`,
        { path, cause },
      );
    }
    throw new FamfsError(
      "ERR_FAMFS_ADDON_BROKEN",
      `the addon could not be loaded; rebuild it with "npm run build" or reinstall the package (${said})`,
      { path, cause },
    );
  }
}

function noExternalBuffers(electron: string | undefined): FamfsError {
  const runtime = electron === undefined ? "this runtime" : `Electron ${electron}`;
  return new FamfsError(
    "ERR_FAMFS_ELECTRON",
    `${runtime} refuses ArrayBuffers over mapped memory: since Electron 21 its V8 keeps all ArrayBuffers inside a memory cage, where mapped memory cannot be; run famfs in a separate Node process`,
  );
}
