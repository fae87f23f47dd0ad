import { statSync } from "node:fs";
import type { CreateOutcome, FamfsErrorCode, FileToCreate, Progress } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError, tracesOf } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";

const results = (outcomes: readonly CreateOutcome[]) => outcomes.map(({ result }) => result);

describe("createMany", () => {
  test("makes every file as create does, and leaves none open", async () => {
    const { instance, path } = await tmpfsInstance();
    const files = [
      { name: "a", size: 5000 },
      { name: "b", size: 1, mode: 0o600 },
      { name: "c", size: 3 * 2 ** 20, zero: false, interleave: { strips: 2, chunkSize: 2 ** 21 } },
    ];
    const outcomes = await instance.createMany(files);
    expect(outcomes).toEqual(files.map(({ name }) => ({ name, result: "created", error: undefined })));
    expect(files.map(({ name }) => statSync(path(name)).size)).toEqual([5000, 1, 3 * 2 ** 20]);
    expect(statSync(path("b")).mode & 0o777).toBe(0o600 & ~process.umask());
    expect(tracesOf(instance.path)).toMatchObject({ descriptors: [], maps: [] });
  });

  test("tells what became of each; one that fails does not keep the others", async () => {
    const { instance, path } = await tmpfsInstance();
    await instance.create("there", { size: 10 });
    const outcomes = await instance.createMany([
      { name: "new", size: 10 },
      { name: "there", size: 10 },
      { name: "there", size: 10, ifExists: "open" },
      { name: "there", size: 11, ifExists: "open" },
      { name: "no/folder", size: 10 },
      { name: "new", size: 10, ifExists: "open" },
      { name: "last", size: 10 },
    ]);
    expect(results(outcomes)).toEqual(["created", "failed", "existed", "failed", "failed", "existed", "created"]);
    const codes = outcomes.map(({ error }) => (error as { code?: string } | undefined)?.code);
    const exists = "ERR_FAMFS_EXISTS";
    expect(codes).toEqual([undefined, exists, undefined, exists, "ERR_FAMFS_NOT_FOUND", undefined, undefined]);
    expect(String(outcomes[3]?.error)).toMatch(/exists with 10 bytes, expected 11/);
    expect(statSync(path("last")).size).toBe(10);
  });

  test("counts the bytes of all files together, also of those that fail", async () => {
    const { instance } = await tmpfsInstance();
    const seen: Progress[] = [];
    const files = [
      { name: "a", size: 9 * 2 ** 20 },
      { name: "a", size: 100 },
      { name: "b", size: 50 },
    ];
    await instance.createMany(files, { onProgress: (progress) => seen.push(progress) });
    const total = 9 * 2 ** 20 + 150;
    expect(seen.every((progress) => progress.total === total)).toBe(true);
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((x, y) => x - y));
    expect(seen.at(-1)).toEqual({ done: total, total });
  });

  test("when it is aborted, what is made stays, and the rest has the signal's reason", async () => {
    const { instance, path } = await tmpfsInstance();
    const abort = new AbortController();
    const files = ["a", "b", "c"].map((name) => ({ name, size: 10 }));
    const onProgress = ({ done }: Progress) => {
      if (done === 20) abort.abort("enough");
    };
    const outcomes = await instance.createMany(files, { signal: abort.signal, onProgress });
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, "enough", "enough"]);
    expect(results(outcomes)).toEqual(["created", "failed", "failed"]);
    expect(tracesOf(instance.path).names).toEqual(["a"]);
    expect(statSync(path("a")).size).toBe(10);
  });

  test("an instance that is closed meanwhile ends it", async () => {
    const { instance } = await tmpfsInstance();
    const files = ["a", "b"].map((name) => ({ name, size: 10 }));
    const making = instance.createMany(files, { onProgress: () => void instance.close() });
    await expectError("ERR_FAMFS_CLOSED", () => making, "was closed");
  });

  test("makes nothing of nothing", async () => {
    const { instance } = await tmpfsInstance();
    expect(await instance.createMany([])).toEqual([]);
  });

  test.each<[unknown, FamfsErrorCode, string]>([
    [[{ name: "a" }], "ERR_FAMFS_INVALID_TYPE", "size must be a number"],
    [[{ size: 1 }], "ERR_FAMFS_INVALID_TYPE", "name must be a string"],
    [[{ name: "../a", size: 1 }], "ERR_FAMFS_INVALID_NAME", '".."'],
    [[{ name: "a", size: 1, onProgress: () => {} }], "ERR_FAMFS_UNKNOWN_OPTION", 'no option "onProgress"'],
    [[{ name: "a", size: 1, zero: 0 }], "ERR_FAMFS_INVALID_TYPE", "zero must be true or false"],
    [[{ name: "a", size: 1, ifExists: "no" }], "ERR_FAMFS_OUT_OF_RANGE", 'ifExists must be "error" or "open"'],
    [[{ name: "a", size: 1, interleave: { strips: 17 } }], "ERR_FAMFS_OUT_OF_RANGE", "interleave.strips"],
    [{ name: "a", size: 1 }, "ERR_FAMFS_INVALID_TYPE", "files must be an array"],
    [[undefined], "ERR_FAMFS_INVALID_TYPE", "size must be a number"],
  ])("makes nothing where it is asked for what cannot be: %j", async (files, code, message) => {
    const { instance } = await tmpfsInstance();
    const many = [{ name: "first", size: 1 }, ...(Array.isArray(files) ? files : [])];
    const wrong = Array.isArray(files) ? many : files;
    await expectError(code, () => instance.createMany(wrong as FileToCreate[]), message);
    expect(tracesOf(instance.path).names).toEqual([]);
  });
});

describe("interleave", () => {
  test.each<[object, FamfsErrorCode, string]>([
    [{ strips: 0, chunkSize: 2 ** 21 }, "ERR_FAMFS_OUT_OF_RANGE", "interleave.strips must be an integer from 1 to 16"],
    [
      { strips: 4, chunkSize: 2 ** 21, buckets: 3 },
      "ERR_FAMFS_OUT_OF_RANGE",
      "interleave.buckets must be an integer from 4",
    ],
    [{ strips: 4, chunkSize: 2 ** 21, buckets: 65 }, "ERR_FAMFS_OUT_OF_RANGE", "to 64"],
    [
      { strips: 4, chunkSize: 3 * 2 ** 20 },
      "ERR_FAMFS_MISALIGNED",
      "power of two, found 3145728; the nearest is 4194304",
    ],
    [{ strips: 4 }, "ERR_FAMFS_INVALID_TYPE", "interleave.chunkSize must be a number"],
    [{ strips: 4, chunk: 1 }, "ERR_FAMFS_UNKNOWN_OPTION", 'interleave has no option "chunk"'],
  ])("is checked on every kind of instance: %j", async (interleave, code, message) => {
    const { instance } = await tmpfsInstance();
    await expectError(code, () => instance.create("a", { size: 1, interleave } as never), message);
  });
});
