import { describe, expect, test } from "vitest";
import { ended, shown } from "./script.js";
import { testAddon } from "./test-addon.js";

const ADDON = testAddon();

describe("poisoned memory", () => {
  test("for real is replaced and the mapping fails", async ({ skip }) => {
    const found = await shown<{ errno: number }>(`${ADDON}
      const mapping = (await sevens(4)).map();
      const v = mapping.bytes();
      const errno = addon.poison(v, 2 * PAGE);
      show({ errno, value: [v[2 * PAGE], v[PAGE], v[3 * PAGE]], failure: mapping.failure });
      await instance.close();`);
    const { errno } = found;
    skip(errno !== 0, `needs CONFIG_MEMORY_FAILURE and CAP_SYS_ADMIN (madvise MADV_HWPOISON: errno ${errno})`);
    expect(found).toMatchObject({ value: [0, 7, 7], failure: { kind: "poisoned", offset: 8192, length: 4096 } });
  });

  // The signal itself can be had without the hardware: a process may queue one to itself as if from the kernel.
  test.each([
    [12, 8192, 4096],
    [13, 8192, 8192],
    [40, 8192, 4096],
  ])("signalled with an extent of 2^%i bytes: as much is replaced", async (lsb, offset, length) => {
    const found = await shown<{
      failure: { kind: string; offset: number; length: number };
      events: unknown[];
    }>(`${ADDON}
      const mapping = (await sevens(8)).map();
      const v = mapping.bytes();
      const events = eventsOf(mapping);
      const errno = addon.queuePoison(v, ${offset} + 100, ${lsb});
      const values = Array.from({ length: 8 }, (_, page) => v[page * PAGE]);
      await turns();
      show({ errno, failure: mapping.failure, values, events });
      await instance.close();`);
    const { failure, events } = found;
    expect(failure.kind).toBe("poisoned");
    expect(failure.length).toBe(length);
    expect(failure.offset).toBeLessThanOrEqual(offset);
    expect(events).toEqual([failure]);
    const zeros = (found as unknown as { values: number[] }).values.filter((value) => value === 0).length;
    expect(zeros).toBe(length / 4096);
  });

  test("a whole huge page, of which the mapping has a part: no more than the mapping", async () => {
    const found = await shown<{ failure: object; values: number[] }>(`${ADDON}
      const mapping = (await sevens(3)).map();
      const v = mapping.bytes();
      addon.queuePoison(v, PAGE, 30);
      show({ failure: mapping.failure, values: [v[0], v[PAGE], v[3 * PAGE - 1]] });
      await instance.close();`);
    expect(found).toMatchObject({ failure: { kind: "poisoned", offset: 0, length: 3 * 4096 }, values: [0, 0, 0] });
  });

  test("outside of our mappings ends the process by SIGBUS, as without us", async () => {
    const { signal } = await ended(`${ADDON}
      (await sevens(1)).map();
      // The fault itself would be raised again; a signal that only looks like one is not.
      for (let i = 0; i < 2; i++) addon.queuePoison(Buffer.alloc(2 * PAGE), PAGE, 12);
      await turns(2000);`);
    expect(signal).toBe("SIGBUS");
  });
});
