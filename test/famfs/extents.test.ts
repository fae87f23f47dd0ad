import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkExtents, type Extent, type Extents, locate } from "../../lib/instance/famfs/extents.js";
import type { FileFields } from "../doubles/media-bytes.js";
import { expectError } from "../support/errors.js";
import { files } from "./arbitrary.js";

function extentsOf({ map }: FileFields): Extents {
  if ("strips" in map) return { kind: "interleaved", chunkSize: Number(map.chunkSize), strips: map.strips as Extent[] };
  return { kind: "simple", extents: map.extents as Extent[] };
}

/** The file's bytes in their order as pieces of devices: extents one by one, or chunks dealt out one by one. */
function pieces(extents: Extents): Extent[] {
  if (extents.kind === "simple") return [...extents.extents];
  if (extents.kind === "unknown") return [];
  const { chunkSize: length, strips } = extents;
  const used = strips.map(() => 0);
  const dealt: Extent[] = [];
  for (let turn = 0; ; turn++) {
    const i = turn % strips.length;
    const strip = strips[i] as Extent;
    const done = used[i] as number;
    if (done >= strip.length) return dealt;
    dealt.push({ device: strip.device, offset: strip.offset + done, length: Math.min(length, strip.length - done) });
    used[i] = done + length;
  }
}

/** Where a byte is, found by walking over all pieces before it. */
function walk(extents: Extents, size: number, offset: number) {
  let start = 0;
  for (const piece of pieces(extents)) {
    const inside = offset - start;
    start += piece.length;
    if (offset >= start) continue;
    return { device: piece.device, offset: piece.offset + inside, length: Math.min(start, size) - offset };
  }
  throw new Error(`byte ${offset} is nowhere`);
}

const places = fc.tuple(
  files.map((file) => ({ extents: extentsOf(file), size: Number(file.size) })),
  fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
);

describe("locate", () => {
  test("finds each byte where a walk over all pieces finds it", () => {
    fc.assert(
      fc.property(places, ([{ extents, size }, part]) => {
        checkExtents(extents, size);
        const ends = [0, size - 1, Math.floor(part * size)];
        const { length } = locate(extents, size, 0);
        for (const offset of [...ends, length - 1, Math.min(length, size - 1)])
          expect(locate(extents, size, offset)).toEqual(walk(extents, size, offset));
      }),
      { numRuns: 500 },
    );
  });

  test("tells lengths that lead through the whole file", () => {
    fc.assert(
      fc.property(places, ([{ extents, size }]) => {
        const found: Extent[] = [];
        for (let offset = 0; offset < size; offset += (found.at(-1) as Extent).length)
          found.push(locate(extents, size, offset));
        const all = pieces(extents).slice(0, found.length);
        const last = all.pop() as Extent;
        const rest = size - all.reduce((sum, { length }) => sum + length, 0);
        expect(found).toEqual([...all, { ...last, length: rest }]);
      }),
    );
  });

  test("refuses what is no byte of the file, and extents of another kind", async () => {
    const extents: Extents = { kind: "simple", extents: [{ device: 0, offset: 0, length: 4096 }] };
    for (const offset of [10, 11, 4095, 2 ** 53 - 1])
      await expectError("ERR_FAMFS_PAST_END", () => locate(extents, 10, offset), "10 bytes");
    await expectError("ERR_FAMFS_PAST_END", () => locate({ kind: "simple", extents: [] }, 0, 0));
    for (const offset of [-1, 0.5, Number.NaN])
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => locate(extents, 10, offset));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => locate(extents, 10, "1" as unknown as number));
    await expectError("ERR_FAMFS_UNSUPPORTED_VERSION", () => locate({ kind: "unknown" }, 10, 1));
  });
});

describe("checking", () => {
  test("accepts extents that hold the file to its last byte, and refuses those that end before it", () => {
    fc.assert(
      fc.property(places, ([{ extents }]) => {
        if (extents.kind === "unknown") return;
        const parts = extents.kind === "simple" ? extents.extents : extents.strips;
        const total = parts.reduce((sum, { length }) => sum + length, 0);
        expect(checkExtents(extents, total)).toBe(extents);
        expect(() => checkExtents(extents, total + 1)).toThrow(/must be/);
      }),
    );
  });

  test("wants of each strip what its rows need, and no more", () => {
    fc.assert(
      fc.property(places, ([{ extents, size }]) => {
        if (extents.kind !== "interleaved") return;
        // What a walk takes of each strip is what it must hold.
        const needed = extents.strips.map(() => 0);
        let left = size;
        for (let chunk = 0; left > 0; chunk++) {
          const taken = Math.min(left, extents.chunkSize);
          needed[chunk % needed.length] = (needed[chunk % needed.length] as number) + taken;
          left -= taken;
        }
        const strips = extents.strips.map((strip, i) => ({ ...strip, length: Math.max(1, needed[i] as number) }));
        checkExtents({ ...extents, strips }, size);
        needed.forEach((length, i) => {
          if (length < 2) return;
          const shorter = strips.with(i, { ...(strips[i] as Extent), length: length - 1 });
          expect(() => checkExtents({ ...extents, strips: shorter }, size)).toThrow(
            `strip ${i} must be ${length} bytes`,
          );
        });
      }),
      { numRuns: 300 },
    );
  });

  test("takes extents of an unknown kind as they are", () => {
    expect(checkExtents({ kind: "unknown" }, 10)).toEqual({ kind: "unknown" });
  });
});
