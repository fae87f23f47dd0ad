import { createRequire } from "node:module";

type Crc32 = (bytes: Uint8Array, before?: number) => number;

let implementation: Crc32 | undefined;

/** The CRC-32 of zlib. @param before that of what comes before these bytes */
export function crc32(bytes: Uint8Array, before = 0): number {
  // At first use: loading node:zlib takes some 2 ms of every program's start.
  implementation ??= (createRequire(import.meta.url)("node:zlib") as { crc32: Crc32 }).crc32;
  return implementation(bytes, before);
}
