import { align, count, figure, mebibytes, mebibytesPerSecond, milliseconds, styles } from "./format.js";
import { FIGURES } from "./statistics.js";
import { COLUMNS, ROW_BYTES } from "./table.js";
import { WAYS } from "./ways.js";

const { bold, dim } = styles();

function print(lines = [""]) {
  for (const line of lines) console.log(line === "" ? "" : `  ${line}`);
}

/** What is going to be read. */
export function printTable({ rows, wanted, seed, instance, unused, readers }) {
  const size = `${count(rows)} rows x ${COLUMNS.length} float32, ${mebibytes(rows * ROW_BYTES)} MiB`;
  print();
  print([
    `table     ${bold(size)}, seed ${seed}`,
    ...(rows < wanted ? [`          smaller than the ${count(wanted)} rows asked for: no more fit`] : []),
    `in        ${instance.path} (${instance.kind})`,
    ...(unused ? [`          FAMFS_PATH=${unused} is no directory on tmpfs, so a private one is used`] : []),
    `readers   ${readers} processes at the same time`,
  ]);
  print();
}

/** How long each way took and what it left in the readers. */
export function printWays(measured, tableBytes) {
  const rows = Object.entries(measured).map(([way, readers]) => {
    const last = Math.max(...readers.map((reader) => reader.allRowsAfter));
    return [
      WAYS[way].label,
      milliseconds(Math.max(...readers.map((reader) => reader.firstRowAfter))),
      milliseconds(last),
      mebibytesPerSecond(readers.length * tableBytes, last),
      mebibytes(Math.max(...readers.map((reader) => reader.memory))),
    ];
  });
  printAligned([
    ["", "first row", "all rows", "throughput", "private memory"],
    ["way to read", "ms", "ms", "MiB/s", "MiB per reader"],
    ...rows,
  ]);
  const readers = Object.values(measured).flat();
  const node = Math.max(...readers.map((reader) => reader.memoryBefore));
  print();
  print(
    [
      "Times run from the moment all readers are told to start; of the readers the",
      "slowest counts. Throughput is of all readers together. Private memory is what",
      `reading the table added to the ${mebibytes(node)} MiB that a Node process has by itself.`,
    ].map(dim),
  );
  print();
}

/** What the readers found out. */
export function printStatistics(results) {
  const rows = COLUMNS.map(({ name }, column) => {
    const figures = results[0].subarray(column * FIGURES.length, (column + 1) * FIGURES.length);
    return [name, ...Array.from(figures, figure)];
  });
  printAligned([["column", ...FIGURES], ...rows], 1);
  print();
  print([`All ${results.length} readers came to these results, the same in every bit.`]);
  print();
}

function printAligned(rows, headRows = 2) {
  const lines = align(rows);
  print([...lines.slice(0, headRows).map(bold), ...lines.slice(headRows)]);
}
