import { describe, expect, test } from "vitest";
import { result } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";
import { cannotMount, named } from "../support/requirements.js";

const BASE = 4096;
const HUGE = 2 ** 21;

describe("pageSizes()", () => {
  test("counts what was touched or prefaulted, by pages of the base size on an ordinary tmpfs", async () => {
    const { instance, name } = await tmpfsInstance();
    const mapping = (await instance.create(name(), { size: 64 * BASE + 1 })).map();
    expect(mapping.pageSizes()).toEqual({ [BASE]: 0, [HUGE]: 0 });
    mapping.bytes()[5] = 1;
    mapping.bytes()[40 * BASE] = 1;
    expect(mapping.pageSizes()[BASE]).toBeGreaterThanOrEqual(2 * BASE);
    await mapping.prefault("read");
    expect(mapping.pageSizes()).toEqual({ [BASE]: 65 * BASE, [HUGE]: 0 });
  });

  test("of a window counts the pages that it lies in", async () => {
    const { instance, name } = await tmpfsInstance();
    const mapping = (await instance.create(name(), { size: 8 * BASE })).map({ offset: BASE });
    await mapping.prefault("write");
    expect(mapping.window(BASE - 8, 16).pageSizes()).toEqual({ [BASE]: 2 * BASE, [HUGE]: 0 });
    expect(mapping.window(0, BASE).pageSizes()).toEqual({ [BASE]: BASE, [HUGE]: 0 });
    expect(mapping.pageSizes()).toEqual({ [BASE]: 7 * BASE, [HUGE]: 0 });
  });

  test("of many parts counts all of them", async () => {
    const { instance, name } = await tmpfsInstance();
    const name1 = name();
    await instance.create(name1, { size: 1000 * BASE });
    // Prefaulted page by page through another mapping, every second one only.
    const mapping = (await instance.open(name1, { access: "read-write" })).map();
    for (let page = 0; page < 1000; page += 2) await mapping.window(page * BASE, 8).prefault("write");
    expect(mapping.pageSizes()[BASE]).toBe(500 * BASE);
  });

  test("of a closed mapping says so", async () => {
    const { instance, name } = await tmpfsInstance();
    const mapping = (await instance.create(name(), { size: BASE })).map();
    mapping.close();
    await expectError("ERR_FAMFS_CLOSED", () => mapping.pageSizes());
  });

  test.skipIf(cannotMount)(named("counts pages of 2 MiB where there are some", cannotMount), async () => {
    const found = await result<Record<string, number>[]>(
      `import { execFileSync } from "node:child_process";
       import { openInstance } from "famfs";
       execFileSync("mount", ["-t", "tmpfs", "-o", "huge=always", "tmpfs", "/mnt"]);
       const instance = await openInstance("/mnt");
       const sizes = [];
       for (const [size, offset] of [[4 * 2 ** 21, 0], [2 * 2 ** 21 + 5000, 0], [4 * 2 ** 21, 3 * 4096]]) {
         const mapping = (await instance.create("file" + sizes.length, { size })).map({ offset });
         await mapping.prefault("write");
         sizes.push(mapping.pageSizes());
       }
       console.log(JSON.stringify(sizes));`,
      { wrapper: ["unshare", "-m"] },
    );
    // The kernel makes them where it finds room: where it found none, nothing is said about us.
    if (found.every((sizes) => sizes[HUGE] === 0)) return;
    expect(found).toEqual([
      { [BASE]: 0, [HUGE]: 4 * HUGE },
      { [BASE]: 2 * BASE, [HUGE]: 2 * HUGE },
      { [BASE]: HUGE - 3 * BASE, [HUGE]: 3 * HUGE },
    ]);
  });
});
