import { truncateSync } from "node:fs";
import { join } from "node:path";
import { openInstance } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";

describe.each(REAL_MODES)("memory that is taken away, %s", (coherence) => {
  const make = async (bits: 32 | 64) => {
    const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
    onTestFinished(() => instance.close());
    const mapping = (await instance.create("memory", { size: 16_384 })).map();
    const word = mapping.commitWord(8192, { bits, site: "test" });
    word.overwrite(2, 8300, new Uint8Array(1000).fill(7));
    return { mapping, word, take: () => truncateSync(join(instance.path, "memory"), 4096) };
  };

  test.each([32, 64] as const)("is never read as a value, %i bits", async (bits) => {
    const uses = [
      "observe",
      "stillIs",
      "read",
      "begin",
      "publish",
      "overwrite",
      "publishRanges",
      "waitUntilSync",
    ] as const;
    for (const use of uses) {
      const { mapping, word, take } = await make(bits);
      take();
      const calls: Record<(typeof uses)[number], () => unknown> = {
        observe: () => word.observe(),
        stillIs: () => word.stillIs(2),
        read: () => word.read(8300, new Uint8Array(1000)),
        begin: () => word.begin(),
        publish: () => word.publish(4, 8300, 1000),
        overwrite: () => word.overwrite(4, 8300, new Uint8Array(1000)),
        publishRanges: () => word.publishRanges(4, Float64Array.of(8300, 1000)),
        waitUntilSync: () => mapping.waitUntilSync(8192, { bits, not: 2 }, { timeout: 1000 }),
      };
      await expectError("ERR_FAMFS_MEMORY_FAILURE", calls[use]);
      expect(mapping.failure?.kind, use).toBe("truncated");
      await expectError("ERR_FAMFS_MEMORY_FAILURE", calls[use]);
    }
  });

  test("ends a wait", async () => {
    const { mapping, take } = await make(32);
    const wait = mapping.waitUntil(8192, { bits: 32, atLeast: 4 }, { timeout: 10_000 });
    take();
    await expectError("ERR_FAMFS_MEMORY_FAILURE", () => wait);
  });
});
