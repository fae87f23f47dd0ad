import { parseArgs } from "node:util";

/** Half a GiB: beyond it the copies of the other two ways, not the mapping, become the problem of this machine. */
const MOST_ROWS = 2 ** 24;

export const HELP = `Usage: npm run demo -- [options]        (or: node main.js [options])

Three processes compute statistics of one large table, which reaches them
through a famfs mapping, by fs.readFile, and over Node's IPC.

Options:
  --rows <n>   rows of the table, 32 bytes each: 1 to ${MOST_ROWS} (default 2000000)
  --seed <n>   seed of the generator: 0 to 4294967295 (default 1)
  --help       print this and exit

Environment:
  FAMFS_PATH   a directory on tmpfs to work in (default: a private one)
  NO_COLOR     no bold and no dim text, also on a terminal
`;

/** What the user asked for wrongly; the message says what was expected. */
export class ArgumentError extends Error {}

/**
 * @param {string[]} args as in `process.argv.slice(2)`
 * @returns {{ help: boolean, rows: number, seed: number }}
 * @throws {ArgumentError}
 */
export function readArguments(args) {
  const values = parse(args);
  return {
    help: values.help,
    rows: integer("--rows", values.rows, 1, MOST_ROWS),
    seed: integer("--seed", values.seed, 0, 2 ** 32 - 1),
  };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h", default: false },
        rows: { type: "string", default: "2000000" },
        seed: { type: "string", default: "1" },
      },
    }).values;
  } catch (error) {
    throw new ArgumentError(error.message);
  }
}

function integer(name, text, min, max) {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new ArgumentError(`${name} must be an integer from ${min} to ${max}, found "${text}"`);
}
