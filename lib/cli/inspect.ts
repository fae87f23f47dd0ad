import { number, parse, wholeNumber } from "./arguments.js";
import { type Command, UsageError } from "./command.js";
import { Inspector } from "./inspect/inspector.js";
import { inspectText } from "./inspect/text.js";
import { watch } from "./inspect/watch.js";
import { json } from "./output.js";

const help = `Usage: famfs-node inspect [options] <file or dax device>

Shows the segment in a file, from its bytes alone: header, hosts, participants, and its structures with their schemas and
values. It joins nothing and stores nothing: reading the file is enough. A copy of the file will do as well.

  --name <name>         only structures of this name
  --limit <n>           how many elements of an array are shown, 1 to 1000000 (default 16)
  --watch [s]           look again every so many seconds (default 1), until Ctrl-C: in place on a terminal
  --json                print JSON; with --watch an object a line
  --help                this text

Exit codes: 0 shown, 1 it failed or is no segment, 2 the command line is wrong.
`;

/** In seconds. */
const INTERVAL = "1";

/** `famfs-node inspect`. */
export const inspect: Command = {
  help,
  async run(args) {
    const { values, path } = parse(withInterval(args), {
      name: { type: "string" },
      limit: { type: "string", default: "16" },
      watch: { type: "string" },
    });
    if (path === undefined) throw new UsageError("a file is missing, such as /dev/shm/market");
    const selection = { limit: wholeNumber("--limit", values.limit, 1, 1_000_000), name: values.name };
    const seconds = values.watch === undefined ? undefined : number("--watch", values.watch, 0.05, 86_400);
    const inspector = await Inspector.open(path, selection);
    try {
      if (seconds !== undefined)
        return await watch(inspector, { path, selection, interval: seconds * 1000, json: values.json });
      const told = await inspector.look();
      process.stdout.write(values.json ? json(told) : inspectText(told));
    } finally {
      await inspector.close();
    }
    return 0;
  },
};

/** The value of `--watch` may be left out, which a parser of command lines does not know. */
function withInterval(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const at = args.slice(0, end < 0 ? undefined : end).indexOf("--watch");
  if (at < 0) return [...args];
  const given = /^[\d.]+$/.test(args[at + 1] ?? "");
  return [...args.slice(0, at), `--watch=${given ? args[at + 1] : INTERVAL}`, ...args.slice(at + (given ? 2 : 1))];
}
