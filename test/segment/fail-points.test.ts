import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { atFailPoint } from "famfs/testing";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { joined, testSegment } from "../support/segment.js";

/** Those of structures are in the pages on them, which test/structures/documents.test.ts compares. */
const SOURCE = "lib/segment";

test("docs/participants.md names the fail points of the source, and no others", () => {
  const files = readdirSync(join(ROOT, SOURCE), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(ROOT, SOURCE, name), "utf8"));
  const inSource = files.flatMap((text) => [...text.matchAll(/failPoint\("([^"]+)"\)/g)].map(([, name]) => name));
  const page = readFileSync(join(ROOT, "docs/participants.md"), "utf8");
  const section = page.split("## Fail points")[1] ?? "";
  const inPage = [...section.matchAll(/`(segment\.[a-z.-]+)`/g)].map(([, name]) => name);
  expect([...inPage].sort()).toEqual([...inSource].sort());
});

test("an action runs each time the thread comes by, until it is taken away, and what it throws ends the operation", async () => {
  const { segment } = await testSegment("coherent");
  let times = 0;
  onTestFinished(() => atFailPoint("segment.slot.claimed", undefined));
  atFailPoint("segment.slot.claimed", () => {
    times++;
    if (times === 2) throw new Error("enough");
  });
  await joined(segment);
  await expect(joined(segment)).rejects.toThrow("enough");
  atFailPoint("segment.slot.claimed", undefined);
  // The lock of the one that failed is gone, so its slot is taken again.
  expect(await joined(segment)).toMatchObject({ slot: 1, incarnation: 2 });
  expect(times).toBe(2);
  await expectError("ERR_FAMFS_INVALID_TYPE", () => atFailPoint(1 as never, undefined));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => atFailPoint("x", "kill" as never));
});
