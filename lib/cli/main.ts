#!/usr/bin/env node
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FamfsError } from "../errors.js";
import { type Command, UsageError } from "./command.js";
import { has, reporter } from "./reporter.js";
import { version } from "./version.js";

const COMMANDS: Record<string, { readonly summary: string; load(): Promise<Command> }> = {
  ls: {
    summary: "list the files of an instance, or the instances of this host",
    load: async () => (await import("./ls.js")).ls,
  },
  stat: {
    summary: "tell everything about a file or an instance",
    load: async () => (await import("./stat.js")).stat,
  },
  inspect: {
    summary: "show the segment in a file: participants, structures, values",
    load: async () => (await import("./inspect.js")).inspect,
  },
  doctor: {
    summary: "check this host and its instances, and say what to do",
    load: async () => (await import("./doctor.js")).doctor,
  },
  probe: {
    summary: "find out whether two hosts see each other's stores",
    load: async () => (await import("./probe.js")).probe,
  },
};

const HELP = `famfs-node: shared memory between hosts, from the command line

Usage: famfs-node <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join("\n")}

famfs-node <command> --help describes a command, famfs-node --version tells the version.
Exit codes: 0 done, 1 it failed, 2 the command line is wrong.
`;

/** Runs a command line without the program's name; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h") return told(HELP);
  if (name === "--version") return told(`${version()}\n`);
  const report = reporter(args);
  if (name === undefined || name === "--json") return report.misused("a command is missing", HELP);
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (known === undefined) return report.misused(`there is no command ${JSON.stringify(name)}`, HELP);
  const command = await known.load();
  if (has(rest, "--help", "-h")) return told(command.help);
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) return report.misused(error.message, command.help);
    if (!(error instanceof FamfsError)) throw error;
    return report.failed(error);
  }
}

function told(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** Whoever reads the output may stop early, as `head` does: that is no error to report. */
function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(128 + 13); // as a program that SIGPIPE ended
    });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  endQuietlyWithoutReader();
  process.exitCode = await main(process.argv.slice(2));
}
