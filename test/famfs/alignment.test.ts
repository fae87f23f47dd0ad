import { openHandle } from "famfs";
import { describe, expect, test } from "vitest";
import { MEBI } from "../doubles/media-bytes.js";
import { DOUBLES, famfsMount, on } from "../support/famfs.js";
import { tmpfsInstance } from "../support/instance.js";
import { mapsOf } from "../support/proc.js";
import { named } from "../support/requirements.js";

const HUGE = BigInt(2 * MEBI);

/** Offset and length of mappings of a file of 16 MiB that hold a whole 2 MiB of it. */
const PARTS = [
  [0, 16 * MEBI],
  [4096, 8 * MEBI],
  [3 * MEBI, 5 * MEBI],
  [2 * MEBI, 2 * MEBI],
  [2 * MEBI + 8192, 10 * MEBI - 5],
] as const;

/** Expects of lines of /proc/self/maps that address and offset in the file are equal modulo 2 MiB. */
function expectCongruent(lines: readonly string[]): void {
  for (const line of lines) {
    const [, begin, offset] = /^([0-9a-f]+)-\S+ \S+ ([0-9a-f]+) /.exec(line) ?? [];
    expect(BigInt(`0x${begin}`) % HUGE, line).toBe(BigInt(`0x${offset}`) % HUGE);
  }
}

describe.each(DOUBLES)("mappings of a famfs (%s)", (double, reason) => {
  test.skipIf(reason)(named("lie where the kernel can map 2 MiB at once", reason), async () => {
    const mount = await famfsMount(double, { files: [{ name: "a", size: 16 * MEBI }] });
    const lines = await on<string[]>(
      mount,
      `const file = await (await openInstance(root)).open("a");
       const maps = () => fs.readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.endsWith("/a"));
       const found = [];
       for (const [offset, length] of ${JSON.stringify(PARTS)}) {
         const mapping = file.map({ offset, length });
         found.push(...maps());
         mapping.close();
       }
       show(found);`,
    );
    expect(lines).toHaveLength(PARTS.length);
    expectCongruent(lines);
  });
});

test("where the kernel does not choose such an address, the library does, and nothing else stays mapped", async () => {
  const { instance, name, path } = await tmpfsInstance();
  const fresh = name();
  const file = await instance.create(fresh, { size: 16 * MEBI });
  const whole = file.map();
  const handle = { ...whole.handle(), kind: "famfs" } as const;
  const mappings = await Promise.all(PARTS.map(([offset, length]) => openHandle({ ...handle, offset, length })));
  const lines = mapsOf(path(fresh));
  expect(lines).toHaveLength(PARTS.length);
  expectCongruent(lines);
  for (const [index, mapping] of mappings.entries()) {
    const [offset, length] = PARTS[index] ?? [0, 0];
    for (const at of [0, length - 1]) {
      mapping.bytes()[at] = index + 1;
      expect(whole.bytes()[offset + at]).toBe(index + 1);
    }
    mapping.close();
  }
});
