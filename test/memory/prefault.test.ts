import { truncateSync, writeFileSync } from "node:fs";
import type { FamfsErrorCode, PrefaultOptions, Progress } from "famfs";
import { describe, expect, test } from "vitest";
import { result } from "../support/child.js";
import { expectError, thrownBy } from "../support/errors.js";
import { testInstance } from "../support/instance.js";
import { mapsOf } from "../support/proc.js";
import { lacksSpace, named } from "../support/requirements.js";

const MIB = 2 ** 20;

async function mapped(size = 4 * MIB) {
  const { instance, name, path } = await testInstance();
  const fresh = name();
  const file = await instance.create(fresh, { size });
  return { instance, file, mapping: file.map(), path: path(fresh), fresh, name, at: path };
}

/** A sparse file: long work that takes no memory when it is only read from holes that are never touched. */
async function sparse(size: number) {
  const { instance, name, path } = await testInstance();
  const fresh = name("sparse");
  writeFileSync(path(fresh), "");
  truncateSync(path(fresh), size);
  return { instance, path: path(fresh), file: await instance.open(fresh, { access: "read-write" }) };
}

describe("prefault", () => {
  test.each(["read", "write"] as const)("(%j) populates the page tables of the whole mapping", async (mode) => {
    const script = `
      import { openInstance } from "famfs";
      import { readFileSync } from "node:fs";
      const instance = await openInstance(undefined, { fallback: "tmpfs" });
      await (await instance.create("a", { size: 8 << 20 })).close();
      const mapping = (await instance.open("a", { access: "read-write" })).map();
      const resident = () => {
        const lines = readFileSync("/proc/self/smaps", "utf8").split("\\n");
        const at = lines.findIndex((line) => line.includes(instance.path));
        return Number(/Rss:\\s+(\\d+)/.exec(lines.slice(at, at + 10).join("\\n"))[1]) * 1024;
      };
      const before = resident();
      await mapping.prefault(${JSON.stringify(mode)});
      console.log(JSON.stringify({ before, after: resident() }));`;
    const { before, after } = await result<{ before: number; after: number }>(script);
    expect(before).toBe(0);
    expect(after).toBe(8 * MIB);
  });

  test("of a window that starts between pages covers it, and changes nothing", async () => {
    const { mapping } = await mapped();
    mapping.bytes()[5000] = 5;
    const seen: Progress[] = [];
    const part = mapping.window(5000, 10_000);
    await part.prefault("write", { onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1);
    expect(last?.done).toBe(last?.total);
    expect(part.bytes()[0]).toBe(5);
  });

  test("reports progress in bytes, ever more, up to the whole", async () => {
    const { mapping } = await mapped(20 * MIB);
    const seen: Progress[] = [];
    await mapping.prefault("read", { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ done: 20 * MIB, total: 20 * MIB });
    for (const [index, { done, total }] of seen.entries()) {
      expect(done).toBeGreaterThan(seen[index - 1]?.done ?? 0);
      expect(total).toBe(20 * MIB);
    }
  });

  test("runs beside the event loop, several at a time, on one mapping", async () => {
    const { mapping } = await mapped(8 * MIB);
    await Promise.all(Array.from({ length: 20 }, (_, index) => mapping.prefault(index % 2 ? "read" : "write")));
    expect(mapping.bytes()[0]).toBe(0);
  });

  test("with an aborted signal rejects with its reason and starts nothing", async () => {
    const { mapping } = await mapped();
    const reason = { own: "reason" };
    const onProgress = () => {
      throw new Error("it was started");
    };
    const start = () => mapping.prefault("read", { signal: AbortSignal.abort(reason), onProgress });
    expect(await thrownBy(start)).toBe(reason);
  });

  test("that is aborted on its way rejects with the reason; the mapping stays usable", async () => {
    const { mapping } = await mapped(20 * MIB);
    for (const reason of [new Error("own"), Object.assign(new Error("own"), { errno: -5 }), 0]) {
      const controller = new AbortController();
      const working = mapping.prefault("read", {
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      });
      expect(await thrownBy(() => working)).toBe(reason);
      mapping.bytes()[0] = 1;
    }
    await mapping.prefault("read");
  });

  test("whose onProgress throws rejects with that, and calls it no more", async () => {
    const { mapping } = await mapped(20 * MIB);
    const thrown = new Error("on purpose");
    let calls = 0;
    const onProgress = () => {
      calls++;
      throw thrown;
    };
    expect(await thrownBy(() => mapping.prefault("read", { onProgress }))).toBe(thrown);
    expect(calls).toBe(1);
  });

  test("may be at work when its mapping is closed: the file is let go all the same", async () => {
    const { instance, file, mapping: first } = await mapped(20 * MIB);
    first.close();
    for (let round = 0; round < 8; round++) {
      const mapping = file.map();
      if (round % 2 === 1) mapping.bytes()[0] = 1;
      const all = [mapping.prefault("read"), mapping.prefault("write"), mapping.window(0, 8).prefault("read")];
      mapping.close();
      // One that was quick may have come to its end.
      for (const ended of await Promise.allSettled(all)) {
        if (ended.status === "rejected") expect(ended.reason).toMatchObject({ code: "ERR_FAMFS_CLOSED" });
      }
      await mapping.released;
      expect(mapsOf(instance.path)).toEqual([]);
    }
  });

  test("whose onProgress closes the mapping ends as closed", async () => {
    const { mapping } = await mapped(20 * MIB);
    const onProgress = () => mapping.close();
    const error = await thrownBy(() => mapping.prefault("read", { onProgress }).then(() => Promise.reject("done")));
    // The last progress may come after all the work.
    if (error !== "done") expect(error).toMatchObject({ code: "ERR_FAMFS_CLOSED" });
    await mapping.released;
  });

  test("of a file that was truncated is an error that says where, not a signal", async () => {
    const { mapping, path } = await mapped(4 * MIB);
    truncateSync(path, MIB);
    for (const mode of ["read", "write"] as const) {
      const error = await expectError(
        "ERR_FAMFS_MEMORY_FAILURE",
        () => mapping.prefault(mode),
        path,
        "from byte 0",
        "truncated",
      );
      expect(error.syscall).toBe("madvise");
    }
  });

  test("of a mapping that may not be written refuses to write", async () => {
    const { instance, fresh } = await mapped();
    const reader = (await instance.open(fresh)).map();
    await expectError(
      "ERR_FAMFS_PERMISSION",
      () => reader.prefault("write"),
      "read-only",
      'use "read"',
      '"read-write"',
    );
    await reader.prefault("read");
  });

  test.each<[string, unknown, unknown, FamfsErrorCode, string]>([
    ["no mode", undefined, undefined, "ERR_FAMFS_INVALID_TYPE", 'mode must be "read" or "write", found undefined'],
    ["another mode", "both", undefined, "ERR_FAMFS_OUT_OF_RANGE", 'found "both"'],
    ["options in place of the mode", {}, undefined, "ERR_FAMFS_INVALID_TYPE", "mode must be"],
    ["an unknown option", "read", { progress: 1 }, "ERR_FAMFS_UNKNOWN_OPTION", "its options are signal, onProgress"],
    ["a signal that is none", "read", { signal: "x" }, "ERR_FAMFS_INVALID_TYPE", "an AbortSignal"],
    ["signal null", "read", { signal: null }, "ERR_FAMFS_INVALID_TYPE", "an AbortSignal"],
    ["an onProgress that is none", "read", { onProgress: "x" }, "ERR_FAMFS_INVALID_TYPE", "a function"],
    ["options null", "read", null, "ERR_FAMFS_INVALID_TYPE", "the options of prefault"],
  ])("refuses %s", async (_, mode, options, code, message) => {
    const { mapping } = await mapped();
    await expectError(code, () => mapping.prefault(mode as "read", options as PrefaultOptions), message);
  });
});

// Holes of a file take room when they are read; so far it gets, but no further, before it is told to end.
const roomForSome = lacksSpace(4 * 2 ** 30);

test.skipIf(roomForSome)(named("a long prefault ends when its mapping is closed", roomForSome), async () => {
  const { file, instance } = await sparse(2 ** 36);
  const mapping = file.map();
  const onProgress = () => mapping.close();
  await expectError("ERR_FAMFS_CLOSED", () => mapping.prefault("read", { onProgress }), "while it was prefaulted");
  await mapping.released;
  expect(mapsOf(instance.path)).toEqual([]);
  truncateSync(file.path, 0);
});

test.skipIf(roomForSome)(named("a long prefault ends when it is aborted", roomForSome), async () => {
  const { file, instance } = await sparse(2 ** 36);
  const mapping = file.map();
  const controller = new AbortController();
  let last = 0;
  const working = mapping.prefault("read", {
    signal: controller.signal,
    onProgress: ({ done }) => {
      last = done;
      controller.abort();
    },
  });
  expect(await thrownBy(() => working)).toMatchObject({ name: "AbortError" });
  expect(last).toBeLessThan(2 ** 36);
  mapping.close();
  await mapping.released;
  expect(mapsOf(instance.path)).toEqual([]);
  truncateSync(file.path, 0);
});
