import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/child.js";

const CHECKS = join(ROOT, "lib/cli/doctor");
const document = readFileSync(join(ROOT, "docs/command-line.md"), "utf8");

test("docs/command-line.md lists every finding of the doctor, and no other", () => {
  const sources = readdirSync(CHECKS).map((file) => readFileSync(join(CHECKS, file), "utf8"));
  const found = sources.flatMap((source) => [...source.matchAll(/"([a-z]+\.[a-z-]+)"/g)].map(([, id]) => id as string));
  const rows = document.split("\n").filter((line) => line.startsWith("| `") && line.includes("."));
  const ids = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, id]) => id),
  );
  expect(found.length).toBeGreaterThan(20);
  expect([...new Set(found)].sort()).toEqual(ids.sort());
});

test("docs/command-line.md describes every command", () => {
  for (const command of ["ls", "stat", "inspect", "doctor", "probe"]) expect(document).toContain(`\n## ${command}\n`);
});
