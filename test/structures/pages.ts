import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as record from "../../lib/structures/record/layout.js";
import { ROOT } from "../support/child.js";

/** A file of the project, by its path. */
export const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** A page of docs/structures. */
export const page = (name: string) => read(`docs/structures/${name}.md`);

/** The lines of a page under a heading, up to the next one. */
export const section = (text: string, heading: string) =>
  text.split(new RegExp(`^#+ ${heading}$`, "m"))[1]?.split(/^#/m)[0];

/** Of sums of numbers and multiples of N, W and slotSize. */
export function evaluate(
  sum: string,
  variables: Record<string, number> = { slotSize: record.slotSize(240), K: 24, P: 64 },
): number {
  const terms = [...sum.replaceAll(" ", "").matchAll(/([+-]?)(\d*)([A-Za-z]*)/g)].filter(([term]) => term !== "");
  return terms.reduce((total, [, sign, factor, name]) => {
    const value = (factor === "" ? 1 : Number(factor)) * (name ? (variables[name] ?? Number.NaN) : 1);
    return total + (sign === "-" ? -value : value);
  }, 0);
}
