import { describe, expect, test } from "vitest";
import { Child, result, run } from "../support/child.js";
import { expectError, thrownBy } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";
import { mappingIn, REAL_MODES } from "../support/modes.js";
import { nextMessage, startWorker } from "../support/worker.js";

const KINDS = REAL_MODES.flatMap((coherence) => ([32, 64] as const).map((bits) => ({ coherence, bits })));
const soon = (action: () => void, ms = 20) => setTimeout(action, ms);

describe.each(KINDS)("waiting for $bits bits on $coherence memory", ({ coherence, bits }) => {
  const make = async () => {
    const mapping = await mappingIn(coherence, 4096);
    return { mapping, word: mapping.commitWord(8, { bits, site: "test" }) };
  };

  test.each(["spin", "balanced", "idle"] as const)("resolves with the value, idle %s", async (idle) => {
    const { mapping, word } = await make();
    word.publish(5, 0, 0);
    expect(await mapping.waitUntil(8, { bits, atLeast: 5 }, { idle })).toBe(5);
    expect(await mapping.waitUntil(8, { bits, not: 4 }, { idle })).toBe(5);
    soon(() => word.publish(6, 0, 0));
    expect(await mapping.waitUntil(8, { bits, not: 5 }, { idle, timeout: 10_000 })).toBe(6);
    soon(() => word.publish(8, 0, 0), 5);
    soon(() => word.publish(10, 0, 0), 30);
    expect(await mapping.waitUntil(8, { bits, atLeast: 9 }, { idle, timeout: 10_000 })).toBe(10);
    expect(mapping.waitUntilSync(8, { bits, atLeast: 10 }, { idle, timeout: 0 })).toBe(10);
  });

  test.each(["spin", "balanced", "idle"] as const)("ends in time, idle %s", async (idle) => {
    const { mapping } = await make();
    const wait = mapping.waitUntil(8, { bits, atLeast: 1 }, { idle, timeout: 30 });
    await expectError("ERR_FAMFS_TIMEOUT", () => wait, /at least 1/, /30 ms/);
    await expectError("ERR_FAMFS_TIMEOUT", () => mapping.waitUntil(8, { bits, not: 0 }, { idle, timeout: 0 }));
    const sync = () => mapping.waitUntilSync(8, { bits, not: 0 }, { idle, timeout: 15 });
    await expectError("ERR_FAMFS_TIMEOUT", sync, /another than 0/);
  });

  test("many waits at once, each with its own end", async () => {
    const { mapping, word } = await make();
    const ends = Array.from({ length: 200 }, (_, i) => mapping.waitUntil(8, { bits, atLeast: i + 1 }));
    const late = mapping.waitUntil(8, { bits, atLeast: 1000 }, { timeout: 100 });
    const expectedLate = expectError("ERR_FAMFS_TIMEOUT", () => late);
    for (let i = 1; i <= 200; i += 7) {
      word.publish(i, 0, 0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    word.publish(200, 0, 0);
    const values = await Promise.all(ends);
    values.forEach((value, i) => {
      expect(value).toBeGreaterThan(i);
    });
    await expectedLate;
  });

  test("ends with the signal's reason, before and while waiting", async () => {
    const { mapping, word } = await make();
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    expect(await thrownBy(() => mapping.waitUntil(8, { bits, not: 0 }, { signal: aborted }))).toBe(reason);
    const controller = new AbortController();
    const wait = mapping.waitUntil(8, { bits, not: 0 }, { signal: controller.signal });
    controller.abort(reason);
    expect(await thrownBy(() => wait)).toBe(reason);
    const again = new AbortController();
    const later = mapping.waitUntil(8, { bits, not: 0 }, { signal: again.signal });
    soon(() => again.abort(reason));
    expect(await thrownBy(() => later)).toBe(reason);
    word.publish(1, 0, 0);
  });

  test("closing the mapping or the window ends it, and lets the memory go", async () => {
    const { mapping } = await make();
    const window = mapping.window(0, 64);
    const inWindow = window.waitUntil(8, { bits, not: 0 }, { idle: "idle" });
    const inMapping = mapping.waitUntil(8, { bits, not: 0 }, { idle: "idle" });
    window.close();
    await expectError("ERR_FAMFS_CLOSED", () => inWindow, /window/);
    mapping.close();
    await expectError("ERR_FAMFS_CLOSED", () => inMapping);
    await mapping.released;
    await expectError("ERR_FAMFS_CLOSED", () => mapping.waitUntil(8, { bits, not: 0 }));
  });

  test("checks its arguments", async () => {
    const { mapping } = await make();
    const both = [
      (condition: never, options?: never) => mapping.waitUntil(8, condition, options),
      (condition: never, options?: never) =>
        mapping.waitUntilSync(8, condition, { timeout: 1, ...((options ?? {}) as object) } as never),
    ] as const;
    for (const wait of both) {
      const refused = (code: Parameters<typeof expectError>[0], condition: unknown, options?: unknown) =>
        expectError(code, () => wait(condition as never, options as never));
      await refused("ERR_FAMFS_INVALID_TYPE", undefined);
      await refused("ERR_FAMFS_INVALID_TYPE", { bits });
      await refused("ERR_FAMFS_INVALID_TYPE", { bits, not: 1, atLeast: 1 });
      await refused("ERR_FAMFS_INVALID_TYPE", { bits, not: "1" });
      await refused("ERR_FAMFS_OUT_OF_RANGE", { bits, not: -1 });
      await refused("ERR_FAMFS_OUT_OF_RANGE", { bits: 8, not: 1 });
      await refused("ERR_FAMFS_UNKNOWN_OPTION", { bits, not: 1, equal: 2 });
      await refused("ERR_FAMFS_UNKNOWN_OPTION", { bits, not: 1 }, { idel: "spin" });
      await refused("ERR_FAMFS_OUT_OF_RANGE", { bits, not: 0 }, { idle: "sleep" });
      await refused("ERR_FAMFS_OUT_OF_RANGE", { bits, not: 0 }, { timeout: -1 });
      await refused("ERR_FAMFS_OUT_OF_RANGE", { bits, not: 0 }, { timeout: Number.NaN });
      await refused("ERR_FAMFS_INVALID_TYPE", { bits, not: 0 }, { timeout: "1" });
    }
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mapping.waitUntilSync(8, { bits, not: 0 }, undefined as never));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mapping.waitUntilSync(8, { bits, not: 0 }, {} as never));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mapping.waitUntil(8, { bits, not: 0 }, { signal: 1 as never }));
    await expectError("ERR_FAMFS_MISALIGNED", () => mapping.waitUntil(9, { bits, not: 0 }));
    await expectError("ERR_FAMFS_PAST_END", () => mapping.waitUntil(4096, { bits, not: 0 }));
    if (coherence === "incoherent") {
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mapping.waitUntil(8, { bits, not: 0 }, { waiters: 64 }));
    }
  });
});

test("32 bits compare with wrap-around", async () => {
  const mapping = await mappingIn("coherent", 4096);
  const word = mapping.commitWord(0, { bits: 32, site: "test" });
  word.publish(3, 0, 0);
  expect(await mapping.waitUntil(0, { bits: 32, atLeast: 0xffff_fff0 })).toBe(3);
  await expectError("ERR_FAMFS_TIMEOUT", () => mapping.waitUntil(0, { bits: 32, atLeast: 4 }, { timeout: 1 }));
  word.publish(0x8000_0010, 0, 0);
  expect(mapping.waitUntilSync(0, { bits: 32, atLeast: 0x7fff_fff0 }, { timeout: 1 })).toBe(0x8000_0010);
});

describe("sleepers", () => {
  test.each([32, 64] as const)("are woken by what another process publishes, %i bits", async (bits) => {
    const { instance, name } = await tmpfsInstance();
    const file = name();
    const mapping = (await instance.create(file, { size: 4096 })).map();
    const other = new Child(
      `import { openInstance } from "famfs";
      const mapping = (await (await openInstance(process.argv[1])).open(process.argv[2], { access: "read-write" })).map();
      const word = mapping.commitWord(0, { bits: ${bits}, site: "test", waiters: 128 });
      for (let i = 1; i <= 50; i++) {
        await mapping.waitUntil(64, { bits: 32, atLeast: i }, { waiters: 132 });
        word.publish(i, 0, 0);
      }
      process.disconnect();`,
      { args: [instance.path, file] },
    );
    const answer = mapping.commitWord(64, { bits: 32, site: "test", waiters: 132 });
    for (let i = 1; i <= 50; i++) {
      answer.publish(i, 0, 0);
      if (i % 2 === 0) await mapping.waitUntil(0, { bits, atLeast: i }, { waiters: 128, idle: "idle" });
      else mapping.waitUntilSync(0, { bits, atLeast: i }, { waiters: 128, idle: "idle", timeout: 10_000 });
    }
    expect(await other.ended).toMatchObject({ code: 0 });
  });

  test("who is not woken looks again by itself", async () => {
    const mapping = await mappingIn("coherent", 4096);
    const quiet = mapping.commitWord(0, { bits: 32, site: "test" });
    soon(() => quiet.publish(1, 0, 0), 50);
    expect(await mapping.waitUntil(0, { bits: 32, not: 0 }, { waiters: 64, timeout: 5000 })).toBe(1);
  });
});

test("an idle wait costs less than one percent of a core", async () => {
  const script = `
    import { openInstance } from "famfs";
    const coherence = process.argv[1];
    const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
    const mapping = (await instance.create("a", { size: 4096 })).map();
    const waits = [mapping.waitUntil(0, { bits: 32, not: 0 }, { idle: "idle", timeout: 2500 })];
    if (coherence === "coherent")
      waits.push(mapping.waitUntil(0, { bits: 32, not: 0 }, { idle: "idle", timeout: 2500, waiters: 64 }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = process.cpuUsage();
    const since = process.hrtime.bigint();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { user, system } = process.cpuUsage(before);
    const share = ((user + system) * 1000) / Number(process.hrtime.bigint() - since);
    await Promise.allSettled(waits);
    await instance.close();
    console.log(JSON.stringify(share));`;
  for (const coherence of REAL_MODES) expect(await result(script, { args: [coherence] })).toBeLessThan(0.01);
});

describe("the end of a process or worker", () => {
  const WAITING = `
    import { createTmpfsInstance } from "famfs";
    const mapping = (await (await createTmpfsInstance()).create("a", { size: 4096 })).map();
    const wait = mapping.waitUntil(0, { bits: 32, not: 0 }, { idle: "idle" });`;

  test("process.exit() does not wait for waits", async () => {
    const ended = await run(`${WAITING} setTimeout(() => process.exit(7), 50);`, { timeout: 5000 });
    expect(ended).toMatchObject({ code: 7, signal: null });
  });

  test("a pending wait keeps the event loop alive, as a timer does", async () => {
    const script = `
      import { createTmpfsInstance } from "famfs";
      const instance = await createTmpfsInstance();
      const mapping = (await instance.create("a", { size: 4096 })).map();
      const error = await mapping.waitUntil(0, { bits: 32, not: 0 }, { timeout: 200 }).catch((error) => error);
      console.log(JSON.stringify(error.code));`;
    expect(await result(script)).toBe("ERR_FAMFS_TIMEOUT");
  });

  test("a worker that waits can be terminated", async () => {
    const mapping = await mappingIn("coherent", 4096);
    const worker = startWorker(
      `const mapping = await famfs.openHandle(data.handle);
      mapping.waitUntil(0, { bits: 32, not: 0 });
      mapping.waitUntil(0, { bits: 32, not: 0 }, { waiters: 64, idle: "idle" });
      port.postMessage("waiting");`,
      { handle: mapping.handle() },
    );
    expect(await nextMessage(worker)).toBe("waiting");
    expect(await worker.terminate()).toBe(1);
    mapping.commitWord(0, { bits: 32, site: "test", waiters: 64 }).publish(1, 0, 0);
  });

  test("a worker can be terminated while its mappings close and its waits end", async () => {
    const mapping = await mappingIn("coherent", 4096);
    for (let i = 0; i < 20; i++) {
      const worker = startWorker(
        `const mappings = [];
        for (let i = 0; i < 20; i++) {
          const mapping = await famfs.openHandle(data.handle);
          for (const timeout of [1, 1000]) mapping.waitUntil(0, { bits: 32, not: 0 }, { timeout }).catch(() => {});
          mappings.push(mapping);
        }
        for (const mapping of mappings) mapping.close();
        port.postMessage("closed");
        for (;;) await new Promise((resolve) => setImmediate(resolve));`,
        { handle: mapping.handle() },
      );
      await nextMessage(worker);
      expect(await worker.terminate()).toBe(1);
    }
  });
});
