import { rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { count } from "./format.js";
import { generate } from "./generate.js";
import { ROW_BYTES } from "./table.js";

/** Where the table must be made smaller, this part of the free space stays free for others. */
const LEFT_FREE = 1 / 16;

/** As many rows as wanted, or as many as the instance has room for. */
export async function rowsThatFit(instance, wanted) {
  const { blocks, bavail, bsize } = await statfs(instance.path);
  const free = bavail * bsize;
  // A tmpfs without a limit tells of no blocks at all.
  if (blocks === 0 || wanted * ROW_BYTES <= free) return wanted;
  const rows = Math.floor((free * (1 - LEFT_FREE)) / ROW_BYTES);
  if (rows === 0) throw new Error(`${instance.path} has no room for a table: ${count(free)} bytes are free`);
  return rows;
}

/**
 * Makes the table's file in the instance and fills it. The file goes when this process ends.
 * @returns the table in the three forms that the ways need
 */
export async function makeTable(instance, { rows, seed, progress }) {
  const file = await instance.create(`shared-table-${process.pid}`, { size: rows * ROW_BYTES });
  // A private instance removes itself; in one that FAMFS_PATH names the file would stay.
  process.on("exit", () => rmSync(file.path, { force: true }));
  const mapping = file.map();
  const table = mapping.view(Float32Array);
  await generate(table, seed, (done) => progress.update(`writing the table: ${count(done)} of ${count(rows)} rows`));
  return { mapping, path: file.path, table };
}
