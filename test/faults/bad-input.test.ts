import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { named, notRoot } from "../support/requirements.js";
import { shown } from "./script.js";

describe("a handle from elsewhere", () => {
  test.each([1, 8, 4095, 12288, 2 ** 31])(
    "with alignment %i is refused, because the guard replaces such pieces",
    async (alignment) => {
      const found = await shown(`
      const { mapping } = await readOnly(4);
      show(await openHandle({ ...mapping.handle(), alignment: ${alignment} }).then(() => "none", (error) => error.code));
      await instance.close();`);
      expect(found).toBe("ERR_FAMFS_OUT_OF_RANGE");
    },
  );

  test("with a large alignment: no more than the mapping is replaced", async () => {
    const found = await shown(`
      const { mapping } = await readOnly(4);
      const other = await openHandle({ ...mapping.handle(), alignment: 2 ** 30 });
      const v = other.bytes();
      v[PAGE] = 9;
      show({ values: [v[0], v[PAGE], v[3 * PAGE]], offset: other.failure.offset, length: other.failure.length });
      await instance.close();`);
    expect(found).toEqual({ values: [7, 9, 7], offset: 0, length: 4 * 4096 });
  });
});

describe("a system that allows no more threads", () => {
  test.skipIf(notRoot)(named("is an error of the first mapping, and the process lives", notRoot), async () => {
    const found = await shown<{ path: string; message: string }>(`
      import { execFileSync } from "node:child_process";
      instance = await createTmpfsInstance();
      const file = await instance.create("file", { size: PAGE }).catch((error) => error);
      execFileSync("prlimit", ["--pid", String(process.pid), "--nproc=1"]);
      fs.chownSync(instance.path, 65534, 65534);
      process.setuid(65534);
      let error;
      try { (await instance.open("file")).map(); } catch (caught) { error = caught; }
      process.removeAllListeners("exit");
      show({ path: instance.path, file: file.path !== undefined, code: error?.code, message: error?.message });`);
    rmSync(found.path, { recursive: true });
    expect(found).toMatchObject({ file: true, code: "ERR_FAMFS_SYSTEM" });
    expect(found.message).toContain("EAGAIN");
  });
});
