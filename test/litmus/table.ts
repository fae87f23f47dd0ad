import type { Outcomes } from "./interleaved.js";
import type { Litmus } from "./litmus.js";

/** What a run broke: outcomes that are not allowed, with how often they came. */
export function forbiddenIn(litmus: Litmus, outcomes: Outcomes): string[] {
  return [...outcomes].filter(([outcome]) => !(outcome in litmus.allowed)).map(([name, times]) => `${name} (${times})`);
}

/** The run as a table for people. */
export function table(title: string, litmus: Litmus, outcomes: Outcomes): string {
  const rows = [...outcomes].sort(([, a], [, b]) => b - a);
  const lines = rows.map(([outcome, times]) => {
    const why = litmus.allowed[outcome] ?? `FORBIDDEN: ${litmus.forbidden[outcome] ?? "not listed"}`;
    return `  ${String(times).padStart(8)}  ${outcome}: ${why}`;
  });
  return [`${litmus.name}, ${title}`, ...lines].join("\n");
}
