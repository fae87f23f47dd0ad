import type { FamfsErrorCode } from "famfs";
import { describe, expect, test } from "vitest";
import { Child } from "../support/child.js";
import { expectError, thrownBy } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";

describe("waitForFile", () => {
  test("opens a file that is there", async () => {
    const { instance, path } = await tmpfsInstance();
    await instance.create("a", { size: 10 });
    const file = await instance.waitForFile("a", { timeout: 0 });
    expect(file).toMatchObject({ path: path("a"), size: 10, access: "read-only" });
    expect(await instance.waitForFile("a", { access: "read-write" })).toMatchObject({ access: "read-write" });
  });

  test("waits for the process that makes it, and its folder", async () => {
    const { instance } = await tmpfsInstance();
    const waiting = instance.waitForFile("folder/a", { timeout: 20_000 });
    const child = new Child(
      `
      import { openInstance } from "famfs";
      const instance = await openInstance(process.argv[1]);
      await instance.mkdir("folder");
      (await instance.create("folder/a", { size: 77 })).map().bytes()[76] = 5;
      process.send("made");
    `,
      { args: [instance.path] },
    );
    const file = await waiting;
    expect(file.size).toBe(77);
    await child.message();
    expect(file.map().bytes()[76]).toBe(5);
  });

  test("ends in time", async () => {
    const { instance, path } = await tmpfsInstance();
    const start = performance.now();
    const wait = () => instance.waitForFile("never", { timeout: 60 });
    const error = await expectError("ERR_FAMFS_TIMEOUT", wait, "did not appear within 60 ms: nobody has made it");
    expect(error.path).toBe(path("never"));
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
  });

  test("ends when it is aborted", async () => {
    const { instance } = await tmpfsInstance();
    const abort = new AbortController();
    const waiting = thrownBy(() =>
      instance.waitForFile("never", { signal: abort.signal, timeout: Number.POSITIVE_INFINITY }),
    );
    setTimeout(() => abort.abort("enough"), 30);
    expect(await waiting).toBe("enough");
    expect(await thrownBy(() => instance.waitForFile("never", { signal: abort.signal }))).toBe("enough");
  });

  test("ends when the instance closes", async () => {
    const { instance } = await tmpfsInstance();
    const waiting = thrownBy(() => instance.waitForFile("never"));
    setTimeout(() => instance.close(), 20);
    expect(await waiting).toMatchObject({ code: "ERR_FAMFS_CLOSED" });
    await expectError("ERR_FAMFS_CLOSED", () => instance.waitForFile("never"));
  });

  test("does not wait for what will not come", async () => {
    const { instance } = await tmpfsInstance();
    await instance.mkdir("folder");
    await expectError("ERR_FAMFS_IS_DIRECTORY", () => instance.waitForFile("folder"), "is a directory");
  });

  test("keeps the process alive, and does not delay its exit", async () => {
    const script = `
      import { createTmpfsInstance } from "famfs";
      const instance = await createTmpfsInstance();
      setTimeout(() => instance.create("a", { size: 1 }), 100).unref();
      await instance.waitForFile("a");
      instance.waitForFile("never", { timeout: 1e6 });
      process.exit(3);
    `;
    expect(await new Child(script).ended).toMatchObject({ code: 3, stderr: "" });
  });

  test.each<[unknown, FamfsErrorCode]>([
    [{ timeout: -1 }, "ERR_FAMFS_OUT_OF_RANGE"],
    [{ timeout: Number.NaN }, "ERR_FAMFS_OUT_OF_RANGE"],
    [{ timeout: "5" }, "ERR_FAMFS_INVALID_TYPE"],
    [{ access: "write" }, "ERR_FAMFS_OUT_OF_RANGE"],
    [{ signal: {} }, "ERR_FAMFS_INVALID_TYPE"],
    [{ timeOut: 5 }, "ERR_FAMFS_UNKNOWN_OPTION"],
  ])("refuses %j", async (options, code) => {
    const { instance } = await tmpfsInstance();
    await expectError(code, () => instance.waitForFile("a", options as never));
  });
});
