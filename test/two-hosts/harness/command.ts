import { spawnSync } from "node:child_process";

/** The guests cannot run here; the message says why. Everything else that fails is a failure. */
export class Unavailable extends Error {}

/** Runs a program of this host to its end; returns what it printed. */
export function command(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 300_000 });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? `ended with ${status}\n${stderr}`}`);
}
