import { number, parse, wholeNumber } from "./arguments.js";
import { type Command, UsageError } from "./command.js";
import { json } from "./output.js";
import { type ProbeOptions, type ProbeReport, runProbe } from "./probe-run.js";

const help = `Usage: famfs-node probe [options] <file or dax device>

Start it twice, on two hosts or on one, with the same file: the first creates it, the second finds it. The two measure
whether one's stores become visible to the other, and how fast. A file that exists is used only if it is a probe's own;
so is the start of a dax device (64 KiB), or if it is all zeros.

  --as first|second  which of the two this is, where the file is left over from an earlier run; always for a dax device
  --tries <n>        round trips for each way, 1 to 1000000 (default 2000)
  --timeout <s>      how long to wait for the other, in seconds (default 60)
  --json             print the report as JSON
  --help             this text

What it finds: "incoherence seen", or "no incoherence seen in N tries", which proves nothing.
Exit codes: 0 measured, 1 it failed, 2 the command line is wrong.
`;

/** `famfs-node probe`. */
export const probe: Command = {
  help,
  async run(args) {
    const { values, path: file } = parse(args, {
      as: { type: "string" },
      tries: { type: "string", default: "2000" },
      timeout: { type: "string", default: "60" },
    });
    if (file === undefined) throw new UsageError("a file is missing, such as /dev/shm/probe");
    const options: ProbeOptions = {
      file,
      role: role(values.as),
      tries: wholeNumber("--tries", values.tries, 1, 1_000_000),
      timeout: number("--timeout", values.timeout, 0.001, 1e6) * 1000,
      say: (text) => process.stderr.write(`${text}\n`),
    };
    const report = await runProbe(options);
    process.stdout.write(values.json ? json(report) : text(report));
    return report.usable ? 0 : 1;
  },
};

function role(value: string | undefined): ProbeOptions["role"] {
  if (value === undefined || value === "first" || value === "second") return value;
  throw new UsageError(`--as must be first or second, found ${JSON.stringify(value)}`);
}

function text({ file, sameHost, ways, compareAndSwap, finding, declare }: ProbeReport): string {
  const rows = ways.map(({ way, tries, seen, roundTrip }) => {
    const time = roundTrip === undefined ? "" : `  ${(roundTrip / 1000).toFixed(2)} us a round trip`;
    return `  ${way.padEnd(30)} ${`${seen} of ${tries} seen`.padEnd(24)}${time}\n`;
  });
  const { increments, lost } = compareAndSwap;
  const swaps = lost === 0 ? `held over ${increments} increments` : `lost ${lost} of ${increments} increments`;
  return `${file}, ${sameHost ? "both sides on this host" : "two hosts"}
${rows.join("")}  ${"compare-and-swap".padEnd(30)} ${swaps}
${finding}
${declare}
`;
}
