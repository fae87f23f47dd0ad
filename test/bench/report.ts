import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Round, Spread, Verdict } from "./stats.js";
import { spreadOf } from "./stats.js";
import type { Target } from "./targets.js";

/** What came out of a case. */
export interface CaseResult {
  readonly target: Target;
  readonly rounds: readonly Round[];
  readonly result: Spread;
  readonly verdict: Verdict;
}

/** What the figures depend on. */
export function machine(): Record<string, string> {
  return {
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    famfs: packageVersion("../../../package.json"),
    tinybench: packageVersion("../node_modules/tinybench/package.json"),
  };
}

function packageVersion(path: string): string {
  return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
}

function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function withUnit(value: number, unit: string): string {
  return unit === "" ? figure(value) : `${figure(value)} ${unit}`;
}

const HEAD = ["case", "ours", "yardstick", "compared", "spread", "target", "verdict"] as const;

function row({ target, rounds, result, verdict }: CaseResult): string[] {
  const { name, unit, compare, atMost, atLeast } = target;
  const yardsticks = rounds.flatMap(({ yardstick }) => yardstick ?? []);
  const comparedUnit = compare === "speed" ? "" : unit;
  const sign = compare === "difference" && result.median >= 0 ? "+" : "";
  return [
    name,
    withUnit(spreadOf(rounds.map(({ ours }) => ours)).median, unit),
    yardsticks.length === 0 ? "" : withUnit(spreadOf(yardsticks).median, unit),
    compare === "value" ? "" : sign + withUnit(result.median, comparedUnit) + (compare === "speed" ? "x" : ""),
    `${figure(result.low)} .. ${figure(result.high)}`,
    limit(target, comparedUnit),
    atMost === undefined && atLeast === undefined ? "" : verdict,
  ];
}

function limit({ atMost, atLeast }: Target, unit: string): string {
  if (atMost !== undefined) return `<= ${withUnit(atMost, unit)}`;
  return atLeast === undefined ? "" : `>= ${Number(atLeast.toFixed(3))}`;
}

/** The results as an aligned table. */
export function table(results: readonly CaseResult[]): string {
  const rows = [[...HEAD], ...results.map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => (cells[column] as string).length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
