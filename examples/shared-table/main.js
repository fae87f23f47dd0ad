// Makes one table in shared memory and has three processes read it in three ways.
import { realpath } from "node:fs/promises";
import { constants } from "node:os";
import { openInstance } from "famfs";
import { ArgumentError, HELP, readArguments } from "./arguments.js";
import { makeTable, rowsThatFit } from "./make-table.js";
import { ProgressLine } from "./progress.js";
import { runReaders } from "./readers.js";
import { printStatistics, printTable, printWays } from "./report.js";
import { agree } from "./statistics.js";
import { ROW_BYTES } from "./table.js";
import { WAYS } from "./ways.js";

const READERS = 3;

const progress = new ProgressLine();
process.on("exit", () => progress.clear());

// What is to be tidied up hangs on the exit of the process, so a signal needs only to cause one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

// Whoever read the output, such as head, has seen enough.
process.stdout.on("error", () => process.exit());

async function demonstrate({ rows: wanted, seed }) {
  const named = process.env.FAMFS_PATH;
  const instance = await openInstance(named, { fallback: "tmpfs" });
  try {
    const rows = await rowsThatFit(instance, wanted);
    const unused = named && (await realpath(named).catch(() => undefined)) !== instance.path ? named : undefined;
    printTable({ rows, wanted, seed, instance, unused, readers: READERS });
    const source = await makeTable(instance, { rows, seed, progress });
    const measured = await readInAllWays(source);
    progress.clear();
    const results = Object.values(measured).flatMap((readers) => readers.map(({ result }) => result));
    if (!agree(results)) throw new Error("the readers came to different results");
    printWays(measured, rows * ROW_BYTES);
    printStatistics(results);
  } finally {
    await instance.close();
  }
}

async function readInAllWays(source) {
  const measured = {};
  for (const way of Object.keys(WAYS)) {
    progress.stage(`${READERS} readers: ${WAYS[way].label}`);
    measured[way] = await runReaders(way, source, READERS);
  }
  return measured;
}

try {
  const { help, ...wanted } = readArguments(process.argv.slice(2));
  if (help) process.stdout.write(HELP);
  else await demonstrate(wanted);
} catch (error) {
  progress.clear();
  const usage = error instanceof ArgumentError;
  console.error(`shared-table: ${error.message}${usage ? "\nTry --help." : ""}`);
  process.exit(usage ? 2 : 1);
}
