import { expect } from "vitest";
import type { Ended } from "./child.js";
import { type CliOptions, famfsNode, famfsNodeAfter } from "./cli.js";

/** A finding of `famfs-node doctor --json`. */
export interface Finding {
  readonly id: string;
  readonly level: "ok" | "note" | "warning" | "problem";
  readonly text: string;
  readonly instance?: string;
  readonly remedy?: string;
}

/** What `famfs-node doctor --json` prints. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly counts: Record<Finding["level"], number>;
}

/** Not the tests' own path. */
export const NO_PATH = { env: { FAMFS_PATH: "" } };

/** An instance that is there for everybody, also in another mount namespace: mounts of other tests are not looked at. */
const HOST = ["/dev/shm"];

/** Runs the doctor; its exit code must fit what it found. */
export async function examine(args: readonly string[] = HOST, options: CliOptions = NO_PATH): Promise<Report> {
  return report(await famfsNode(["doctor", "--json", ...args], options));
}

/** Runs the doctor in a mount namespace of its own, where this shell script has run before. */
export async function examineAfter(script: string, args: readonly string[] = HOST): Promise<Report> {
  return report(await famfsNodeAfter(script, ["doctor", "--json", ...args], NO_PATH));
}

function report({ stdout, stderr, code }: Ended): Report {
  expect(stderr).toBe("");
  const parsed = JSON.parse(stdout) as Report;
  expect(code).toBe(parsed.counts.problem > 0 ? 1 : 0);
  return parsed;
}

/** The one finding of this name. */
export function find({ findings }: Report, id: string): Finding {
  const found = findings.filter((finding) => finding.id === id);
  expect(found, `${id} among ${findings.map((finding) => finding.id).join(", ")}`).toHaveLength(1);
  return found[0] as Finding;
}
