import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "famfs";
import { expect, test } from "vitest";
import { ROOT } from "../support/child.js";

const codes = Object.keys(ERROR_CODES).sort();
const LITERAL = /ERR_FAMFS_[A-Z0-9_]+/g;

/** Every file below a folder with one of these endings. */
function filesBelow(folder: string, endings: string[]): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(ROOT, folder, name));
}

function literalsIn(path: string): string[] {
  return readFileSync(path, "utf8").match(LITERAL) ?? [];
}

test("every code that a document mentions exists", () => {
  const documents = filesBelow("docs", [".md"]).concat([join(ROOT, "README.md")].filter(existsSync));
  for (const path of documents) {
    for (const code of literalsIn(path)) expect(codes, path).toContain(code);
  }
});

test("every code in lib is one of ERROR_CODES, and every one of those is used outside of the list", () => {
  const used = new Set<string>();
  for (const path of filesBelow("lib", [".ts"])) {
    const isList = path.endsWith("lib/errors.ts");
    for (const code of literalsIn(path)) {
      // "ERR_FAMFS_…" in prose ends with an underscore.
      if (isList || code.endsWith("_")) continue;
      expect(codes, path).toContain(code);
      used.add(code);
    }
  }
  expect([...used].sort()).toEqual(codes);
});
