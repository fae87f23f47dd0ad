import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "famfs";
import { expect, test } from "vitest";
import { ROOT } from "../support/child.js";

test("docs/errors.md explains each error code, in the order of the source, and no other", () => {
  const document = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const headings = [...document.matchAll(/^### (ERR_\w+)$/gm)].map((found) => found[1]);
  const contents = [...document.matchAll(/^- \[(ERR_\w+)\]\(#(\w+)\)/gm)].map((found) => [found[1], found[2]]);
  expect(headings).toEqual(Object.keys(ERROR_CODES));
  expect(contents).toEqual(headings.map((code) => [code, code?.toLowerCase()]));
});

test("each explanation has the sentence of the source, what causes it and what to do", () => {
  const document = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    const section = document.split(`### ${code}\n`)[1]?.split(/^##/m)[0] ?? "";
    expect(section, code).toContain(meaning);
    expect(section, code).toContain("**Cause.**");
    expect(section, code).toContain("**What to do.**");
  }
});
