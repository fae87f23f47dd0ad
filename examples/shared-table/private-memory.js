import { readFileSync } from "node:fs";

/**
 * The bytes of memory that only this process has: `Anonymous` of smaps_rollup. Pages of a mapped file are not in it,
 * also where no other process maps them at the moment (`Private_Clean` and `Private_Dirty` count those).
 */
export function privateMemory() {
  const found = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"));
  return Number(found[1]) * 1024;
}
