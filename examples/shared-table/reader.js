// A reader process: gets the table in one of three ways, reads all of it, and tells how that went.
import { privateMemory } from "./private-memory.js";
import { statistics } from "./statistics.js";
import { COLUMNS } from "./table.js";
import { WAYS } from "./ways.js";

/** Milliseconds since a moment of the main process; the monotonic clock is one for all processes. */
const since = (moment) => Number(process.hrtime.bigint() - moment) / 1e6;

async function read({ way, sent, startedAt }) {
  const table = await WAYS[way].receive(sent);
  const firstRow = table.slice(0, COLUMNS.length);
  const firstRowAfter = since(startedAt);
  const result = statistics(table);
  const allRowsAfter = since(startedAt);
  return { firstRow, firstRowAfter, allRowsAfter, result, memory: privateMemory() - memoryBefore };
}

// The main process has gone, however it went: nobody waits for the result.
process.on("disconnect", () => process.exit());
process.once("message", async (message) => process.send(await read(message)));
const memoryBefore = privateMemory();
process.send({ memoryBefore });
