#!/usr/bin/env node
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FamfsError } from "../errors.js";
import { type Command, UsageError } from "./command.js";

const COMMANDS: Record<string, { readonly summary: string; load(): Promise<Command> }> = {
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

famfs-node <command> --help describes a command.
Exit codes: 0 done, 1 it failed, 2 the command line is wrong.
`;

/** Runs a command line without the program's name; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    (name === undefined ? process.stderr : process.stdout).write(HELP);
    return name === undefined ? 2 : 0;
  }
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (known === undefined) {
    process.stderr.write(`famfs-node: there is no command ${JSON.stringify(name)}\n\n${HELP}`);
    return 2;
  }
  const command = await known.load();
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`famfs-node ${name}: ${error.message}\n\n${command.help}`);
      return 2;
    }
    if (!(error instanceof FamfsError)) throw error;
    process.stderr.write(`famfs-node ${name}: ${error.message} (${error.code})\n`);
    return 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
