import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type FuseMount, type FuseMountOptions, mountFuse } from "../support/fuse-mount.js";

/** Why some tests cannot run on a kernel where mappings go through the page cache. */
export const NO_PASSTHROUGH = "needs FUSE passthrough (Linux 6.9)";

const SIZE = 10_000;

/** A mount with a file of 10,000 bytes, all "a", for one test. */
export async function mounted(options: Partial<FuseMountOptions> = {}): Promise<FuseMount> {
  const files = [{ name: "d/file", size: SIZE, bytes: Buffer.alloc(SIZE, "a"), mode: 0o644 }];
  const mount = await mountFuse({ shadow: "xattr", files, ...options });
  onTestFinished(() => mount[Symbol.asyncDispose]());
  return mount;
}

/** Of the file in it. */
export const fileOf = (mount: FuseMount) => join(mount.root, "d/file");
