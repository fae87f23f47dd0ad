import { rmSync } from "node:fs";
import { f64, type Instance, Segment, SharedArray, struct, u32 } from "famfs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tmpfsInstance } from "../support/instance.js";
import { seededRandom } from "../support/seed.js";
import { apply, damage, SHAPE } from "./damage.js";

const RUNS = 300;

/** Nothing may take longer, in milliseconds: a lease of somebody who is not there, and locks. */
const LONGEST = 10_000;

const Point = struct({ x: f64, y: f64 });

/** Does everything there is with a damaged segment; whatever fails must say so by an error with a code. */
async function useAll(instance: Instance, name: string): Promise<string[]> {
  const codes: string[] = [];
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      expect(error).toMatchObject({ name: "FamfsError", code: expect.stringMatching(/^ERR_FAMFS_/) as string });
      codes.push((error as { code: string }).code);
      return undefined;
    }
  };
  const segment = await attempt(() => Segment.open(instance, name, { timeout: 20 }));
  if (segment === undefined) return codes;
  await attempt(() => segment.participants());
  await attempt(() => segment.entries());
  await attempt(() => SharedArray.open(segment, "points", { element: Point }).get(0).toObject());
  await attempt(() => SharedArray.open(segment, "numbers", { element: u32 }).get(9));
  const participant = await attempt(() => segment.join({ host: 0, lease: 100 }));
  if (participant !== undefined) {
    const make = { element: u32, length: 10, timeout: 100 };
    await attempt(() => SharedArray.create(participant, "more", make));
    await attempt(() => participant.declareDead(1));
    await attempt(() => participant.leave());
  }
  await segment.close();
  return codes;
}

/** The bytes of a segment with two arrays: in use, or left by everybody. */
async function snapshot(inUse: boolean): Promise<Uint8Array> {
  const { instance } = await tmpfsInstance();
  const segment = await Segment.create(instance, "whole", SHAPE);
  const [participant, other] = [await segment.join({ lease: 100 }), await segment.join({ lease: 100 })];
  await SharedArray.create(participant, "points", { element: Point, length: 10 });
  await SharedArray.create(other, "numbers", { element: u32, length: 10 });
  if (!inUse) await Promise.all([participant.leave(), other.leave()]);
  return segment.memory.mapping.bytes().slice();
}

describe.each(["left", "in use"])("a segment that is %s and was damaged", (state) => {
  test("undamaged it works", async () => {
    const whole = await snapshot(state === "in use");
    const { instance } = await tmpfsInstance();
    (await instance.create("copy", { size: SHAPE.size })).map().bytes().set(whole);
    expect(await useAll(instance, "copy")).toEqual([]);
  });

  test("gives errors with codes, and never crashes or hangs", { timeout: 300_000 }, async () => {
    const whole = await snapshot(state === "in use");
    const { instance } = await tmpfsInstance();
    const seed = Math.floor(seededRandom(`damage, ${state}`)() * 2 ** 31);
    let count = 0;
    const property = fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      const name = `copy-${count++}`;
      const file = await instance.create(name, { size: SHAPE.size });
      const mapping = file.map();
      mapping.bytes().set(whole);
      for (const one of damages) apply(mapping.bytes(), one);
      mapping.close();
      file.close();
      const start = performance.now();
      await useAll(instance, name);
      rmSync(file.path);
      expect(performance.now() - start).toBeLessThan(LONGEST);
    });
    await fc.assert(property, { seed, numRuns: RUNS, endOnFailure: true });
  });
});
