import { expect } from "vitest";
import type { Ended } from "./child.js";
import { type CliOptions, famfsNode, famfsNodeAfter } from "./cli.js";

/** A finding of `famfs-node doctor --json`. */
export interface Finding {
  readonly id: string;
  readonly level: "ok" | "note" | "warning" | "problem";
  readonly text: string;
  readonly remedy?: string;
}

/** What `famfs-node doctor --json` prints. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly counts: Record<Finding["level"], number>;
}

/** Neither a path nor the tests' own. */
export const NO_PATH = { env: { FAMFS_PATH: "" } };

/** Runs the doctor; its exit code must fit what it found. */
export async function examine(args: readonly string[] = [], options: CliOptions = NO_PATH): Promise<Report> {
  return report(await famfsNode(["doctor", "--json", ...args], options));
}

/** Runs the doctor in a mount namespace of its own, where this shell script has run before. */
export async function examineAfter(script: string, args: readonly string[] = []): Promise<Report> {
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
