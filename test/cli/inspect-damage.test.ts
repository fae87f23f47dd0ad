import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { f64, Segment, SharedArray, SharedAtomics, SharedCounter, SharedRecord, struct, u32, utf8 } from "famfs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Inspector } from "../../lib/cli/inspect/inspector.js";
import { inspectText, liveText } from "../../lib/cli/inspect/text.js";
import { apply, damage, SHAPE } from "../segment/damage.js";
import { tmpfsInstance } from "../support/instance.js";
import { seededRandom } from "../support/seed.js";

const RUNS = 300;

const Named = struct({ name: utf8(8), x: f64 });

/** The bytes of a segment with one structure of each kind. */
async function snapshot(): Promise<Uint8Array> {
  const { instance } = await tmpfsInstance();
  const segment = await Segment.create(instance, "whole", SHAPE);
  const participant = await segment.join({ lease: 100 });
  const record = await SharedRecord.create(participant, "record", { record: Named, role: "writer" });
  record.write({ name: "one", x: 1 });
  const any = await SharedRecord.create(participant, "any", { record: Named, writers: "any" });
  any.write({ name: "two", x: 2 }, { token: 1 });
  (await SharedCounter.create(participant, "counter")).add(3);
  await SharedAtomics.create(participant, "atomics", { element: u32, length: 4 });
  await SharedArray.create(participant, "array", { element: Named, length: 10 });
  return segment.memory.mapping.bytes().slice();
}

/** What comes of a look: `"shown"`, or the code of the error. */
async function inspected(path: string): Promise<string> {
  let inspector: Inspector | undefined;
  try {
    inspector = await Inspector.open(path, { limit: 4, name: undefined });
    for (let looks = 0; looks < 2; looks++) {
      const told = await inspector.look();
      for (const text of [inspectText(told), liveText(told), JSON.stringify(told)]) expect(text).toMatch(/./);
    }
    return "shown";
  } catch (error) {
    expect(error).toMatchObject({ name: "FamfsError", code: expect.stringMatching(/^ERR_FAMFS_/) as string });
    return (error as { code: string }).code;
  } finally {
    await inspector?.close();
  }
}

test("whatever is damaged, a segment is shown or refused, and nothing crashes or hangs", {
  timeout: 300_000,
}, async () => {
  const whole = await snapshot();
  const { instance } = await tmpfsInstance();
  const path = join(instance.path, "copy");
  const noise = fc.record({ at: fc.nat(SHAPE.size - 64), bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }) });
  const outcomes = new Map<string, number>();
  const property = fc.asyncProperty(
    fc.array(damage, { maxLength: 3 }),
    fc.array(noise, { maxLength: 8 }),
    async (damages, noises) => {
      const bytes = whole.slice();
      for (const one of damages) apply(bytes, one);
      for (const { at, bytes: some } of noises) bytes.set(some, at);
      writeFileSync(path, bytes);
      const outcome = await inspected(path);
      outcomes.set(outcome, 1 + (outcomes.get(outcome) ?? 0));
      rmSync(path);
    },
  );
  const seed = Math.floor(seededRandom("inspect, damage")() * 2 ** 31);
  await fc.assert(property, { seed, numRuns: RUNS, endOnFailure: true });
  // Most damage hides a part only.
  expect(outcomes.get("shown")).toBeGreaterThan(RUNS / 2);
});
