import { capabilities, fullFence, openHandle, openInstance, storeFence } from "famfs";
import { describe, expect, test } from "vitest";
import { checkCacheSupport } from "../../lib/memory/coherence.js";
import { result, run } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";
import { mappingIn, REAL_MODES } from "../support/modes.js";

describe("the mode of an instance", () => {
  test("tmpfs is coherent, unless it is declared otherwise", async () => {
    const { instance } = await tmpfsInstance();
    expect(instance.coherence).toBe("coherent");
    const again = await openInstance(instance.path, { coherence: "incoherent" });
    expect(again.coherence).toBe("incoherent");
    const file = await again.create("a", { size: 4096 });
    expect(file.map().coherence).toBe("incoherent");
    await again.close();
  });

  test("FAMFS_COHERENCE is the default, and the option wins", async () => {
    const script = `
      import { openInstance } from "famfs";
      const modes = [];
      for (const options of [{}, { coherence: "coherent" }]) {
        const instance = await openInstance(undefined, { fallback: "tmpfs", ...options });
        modes.push(instance.coherence);
        await instance.close();
      }
      console.log(JSON.stringify(modes));`;
    expect(await result(script, { env: { FAMFS_COHERENCE: "incoherent" } })).toEqual(["incoherent", "coherent"]);
  });

  test("a mode that there is not is refused, also from the environment", async () => {
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => openInstance("/dev/shm", { coherence: "loose" as "coherent" }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => openInstance("/dev/shm", { coherence: 1 as never }));
    const script = `import { openInstance } from "famfs"; await openInstance("/dev/shm");`;
    const { code, stderr } = await run(script, { env: { FAMFS_COHERENCE: "loose" } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/FAMFS_COHERENCE must be/);
  });

  test("a simulated host needs its number, a whole one", async () => {
    await expectError("ERR_FAMFS_HOST_REQUIRED", () => openInstance("/dev/shm", { coherence: "simulated" }), /host: 0/);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => openInstance("/dev/shm", { coherence: "simulated", host: -1 }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => openInstance("/dev/shm", { host: "1" as never }));
  });

  test("a handle carries the mode", async () => {
    const mapping = await mappingIn("incoherent");
    const other = await openHandle(JSON.parse(JSON.stringify(mapping.handle())));
    expect(other.coherence).toBe("incoherent");
    other.close();
  });
});

describe("what the CPU can do", () => {
  test("capabilities() names the instructions and the line", () => {
    const { arch, lineSize, writeBackInstructions, writeBack, invalidate, incoherent } = capabilities();
    expect(arch).toBe(process.arch);
    expect(lineSize).toBeGreaterThanOrEqual(16);
    expect(writeBackInstructions).toContain(writeBack);
    expect(writeBackInstructions).toContain(invalidate);
    expect(incoherent).toBe(true);
  });

  test.each(capabilities().writeBackInstructions)("FAMFS_WRITEBACK=%s is what is used", async (instruction) => {
    const script = `
      import { capabilities, openInstance } from "famfs";
      const instance = await openInstance(undefined, { fallback: "tmpfs", coherence: "incoherent" });
      const mapping = (await instance.create("a", { size: 65536 })).map();
      const word = mapping.commitWord(0, { bits: 64, site: "test" });
      for (let i = 2; i < 2000; i += 2) {
        word.overwrite(i, 4000, new Uint8Array(500).fill(i));
        const copy = new Uint8Array(500);
        if (word.read(4000, copy) !== i || !copy.every((byte) => byte === i % 256)) throw new Error("wrong at " + i);
      }
      mapping.writeBack(0, 65536);
      mapping.invalidate(0, 65536);
      await instance.close();
      console.log(JSON.stringify(capabilities().writeBack));`;
    expect(await result(script, { env: { FAMFS_WRITEBACK: instruction } })).toBe(instruction);
  });

  test("FAMFS_WRITEBACK with what the CPU lacks refuses incoherent memory, and only that", async () => {
    const script = `
      import { capabilities, openInstance } from "famfs";
      const { writeBack, forced, incoherent } = capabilities();
      const codes = [];
      for (const coherence of ["coherent", "incoherent"]) {
        const instance = await openInstance(undefined, { fallback: "tmpfs", coherence }).catch((error) => codes.push(error.code));
        await instance.close?.();
      }
      console.log(JSON.stringify([writeBack ?? null, forced, incoherent.code, codes]));`;
    const code = "ERR_FAMFS_WRITEBACK";
    expect(await result(script, { env: { FAMFS_WRITEBACK: "wbinvd" } })).toEqual([null, "wbinvd", code, [code]]);
  });

  test("CPUs without write-back, and those with wide lines, are refused", async () => {
    const support = { available: ["clwb"], forced: null, writeBack: "clwb", invalidate: "clflush", lineSize: 64 };
    expect(() => checkCacheSupport(support)).not.toThrow();
    expect(() => checkCacheSupport({ ...support, lineSize: 128 })).not.toThrow();
    await expectError("ERR_FAMFS_LINE_SIZE", () => checkCacheSupport({ ...support, lineSize: 256 }), /256/);
    await expectError("ERR_FAMFS_LINE_SIZE", () => checkCacheSupport({ ...support, lineSize: 0 }));
    const none = { available: [], forced: null, writeBack: null, invalidate: null, lineSize: 64 };
    await expectError("ERR_FAMFS_WRITEBACK", () => checkCacheSupport(none), /this CPU has none/);
    const lacking = { ...support, forced: "clwb", writeBack: null, available: ["clflush"] };
    await expectError("ERR_FAMFS_WRITEBACK", () => checkCacheSupport(lacking), /"clwb"/, /clflush/);
  });
});

describe.each(REAL_MODES)("primitives on %s memory", (coherence) => {
  test("keep the bytes, at every place in a line and over it", async () => {
    const mapping = await mappingIn(coherence);
    const bytes = mapping.bytes();
    for (let offset = 0; offset < 130; offset++) {
      for (const length of [0, 1, 63, 64, 65, 1000]) {
        bytes.fill(offset, offset, offset + length);
        mapping.writeBack(offset, length);
        storeFence();
        mapping.invalidate(offset, length);
        mapping.fetch(offset, length);
        fullFence();
        expect(bytes.subarray(offset, offset + length).every((byte) => byte === offset)).toBe(true);
      }
    }
    mapping.writeBack(0, mapping.byteLength);
    mapping.invalidate(mapping.byteLength, 0);
  });

  test.each(["writeBack", "invalidate", "fetch"] as const)("%s checks its arguments", async (call) => {
    const mapping = await mappingIn(coherence, 4096);
    const window = mapping.window(64, 64);
    await expectError("ERR_FAMFS_PAST_END", () => mapping[call](4090, 7), /4097/, /4096/);
    await expectError("ERR_FAMFS_PAST_END", () => window[call](0, 65));
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mapping[call](bad, 1));
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mapping[call](0, bad));
    }
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mapping[call]("0" as never, 1));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mapping[call](0, undefined as never));
    window.close();
    await expectError("ERR_FAMFS_CLOSED", () => window[call](0, 1));
    mapping.close();
    await expectError("ERR_FAMFS_CLOSED", () => mapping[call](0, 1));
  });
});
