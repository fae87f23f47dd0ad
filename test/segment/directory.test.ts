import { existsSync } from "node:fs";
import { f64, type Segment, SharedArray, struct, u32 } from "famfs";
import { atFailPoint } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, stopped, type TestSegment, testSegment } from "../support/segment.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const CREATORS = 8;

/** In milliseconds: nobody dies, and a busy machine must not look like it. */
const PATIENT = 20_000;

const Point = struct({ x: f64, y: f64 });

/** Places where a creator may die, in the order in which it comes by. */
const FAIL_POINTS = [
  "segment.bakery.choosing",
  "segment.bakery.in-line",
  "segment.entry.found",
  "segment.entry.writing",
  "segment.entry.reserved",
  "segment.entry.counted",
  "segment.entry.zeroed",
  "segment.entry.filled",
  "segment.entry.ready",
] as const;

/** Arrays are whole, inside the segment and apart from each other. */
function expectConsistent(segment: Segment): string[] {
  const entries = segment.entries().sort((a, b) => a.offset - b.offset);
  let end = segment.memory.layout.dataAt;
  for (const { offset, length } of entries) {
    expect(offset).toBeGreaterThanOrEqual(end);
    end = offset + length;
  }
  expect(end).toBeLessThanOrEqual(segment.byteSize);
  return entries.map(({ name }) => name).sort();
}

const small = (value: number) => `SharedArray.create(participant, "it", { element: u32, length: 10 })
  .then((made) => { made.set(0, ${value}); return "made"; }, (error) => error.code ?? String(error))`;

describe.each(MODES)("structures of a segment on %s memory", (mode) => {
  test("are opened by what they are, and refused otherwise with both sides", async () => {
    const { segment, reopen } = await testSegment(mode);
    const participant = await joined(segment);
    const made = await SharedArray.create(participant, "points", { element: Point, length: 100 });
    made.set(99, { x: 1, y: 2 });
    segment.memory.mapping.writeBack(segment.entries()[0]?.offset ?? 0, segment.entries()[0]?.length ?? 0);
    const other = await reopen();
    const opened = SharedArray.open(other, "points", { element: Point });
    expect(opened.length).toBe(100);
    expect(opened.get(99).toObject()).toEqual({ x: 1, y: 2 });
    expect(opened.get(98).toObject()).toEqual({ x: 0, y: 0 });
    await SharedArray.create(participant, "numbers", { element: u32, length: 3 });
    expect(SharedArray.open(participant, "numbers", { element: u32 }).get(2)).toBe(0);
    expect(other.entries()).toMatchObject([
      { name: "numbers", kind: "array", version: 1, capacity: 3 },
      { name: "points", kind: "array", version: 1, capacity: 100 },
    ]);
    const wrong = struct({ x: f64, z: f64 });
    await expectError(
      "ERR_FAMFS_SCHEMA_MISMATCH",
      () => SharedArray.open(other, "points", { element: wrong }),
      "-   z",
      "+   y",
    );
    await expectError(
      "ERR_FAMFS_SCHEMA_MISMATCH",
      () => SharedArray.open(other, "numbers", { element: f64 }),
      "- f64",
      "+ u32",
    );
    await expectError("ERR_FAMFS_NOT_FOUND", () => SharedArray.open(other, "nothing", { element: f64 }));
    expect(expectConsistent(segment)).toEqual(["numbers", "points"]);
  });

  test("refuse names, sizes and options that cannot be", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const create = (name: unknown, opts: object) =>
      SharedArray.create(participant, name as string, { element: u32, length: 1, ...opts } as never);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create("", {}));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create("é".repeat(49), {}));
    await expectError("ERR_FAMFS_ENCODING", () => create("\udc00", {}));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => create(7, {}));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create("a", { length: 0 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create("a", { timeout: -1 }));
    await expectError("ERR_FAMFS_NO_SPACE", () => create("a", { length: 2 ** 40 }), /\d+ left/);
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create("a", { size: 1 }));
    await create("é".repeat(48), {});
    expect(segment.entries()).toHaveLength(1);
  });

  test(`of ${CREATORS} creators of one name one wins; different names all come`, async () => {
    const set = await testSegment(mode, { participantsPerHost: CREATORS });
    const children = Array.from({ length: CREATORS }, (_, i) =>
      set.peer(
        `await tell("ready"); await command();
         const results = [];
         for (let round = 0; round < 5; round++) {
           const make = (name) => codeOf(SharedArray.create(participant, name, { element: u32, length: 50 }));
           results.push(await make("shared-" + round), await make("own-${i}-" + round));
         }
         await tell(results);`,
        { host: i % 2, lease: PATIENT },
      ),
    );
    for (const child of children) await child.message();
    for (const child of children) child.send("go");
    const results = await Promise.all(children.map((child) => child.message<string[]>()));
    for (let round = 0; round < 5; round++) {
      const shared = results.map((all) => all[2 * round]).sort();
      expect(shared).toEqual([...Array(CREATORS - 1).fill("ERR_FAMFS_EXISTS"), "done"]);
      expect(results.map((all) => all[2 * round + 1])).toEqual(Array(CREATORS).fill("done"));
    }
    expect(expectConsistent(set.segment)).toHaveLength(5 * (CREATORS + 1));
  });

  test.each(FAIL_POINTS)(
    "a creator that is killed at %s leaves no half-made structure, and its space is used again",
    async (point) => {
      const set = await testSegment(mode);
      const victim = set.peer(
        `atFailPoint("${point}", () => process.kill(process.pid, "SIGKILL"));
       ${small(1)};
       await new Promise(() => {});`,
      );
      expect((await victim.ended).signal).toBe("SIGKILL");
      const finished = point === "segment.entry.ready";
      const there = set.segment.entries().map(({ name }) => name);
      expect(there).toEqual(finished ? ["it"] : []);
      const free = freeBytes(set.segment);
      const participant = await joined(set.segment);
      const make = () => SharedArray.create(participant, "it", { element: u32, length: 10 });
      if (finished) await expectError("ERR_FAMFS_EXISTS", make);
      else await make();
      expect(expectConsistent(set.segment)).toEqual(["it"]);
      const reserved = FAIL_POINTS.indexOf(point) >= FAIL_POINTS.indexOf("segment.entry.counted");
      expect(freeBytes(set.segment)).toBe(reserved ? free : free - 128 * 2);
    },
  );

  test.each(FAIL_POINTS.slice(0, 6))("a creator of another host that stops at %s is fenced", async (point) => {
    const set = await testSegment(mode);
    const result = await stopAndOvertake(set, point, 1);
    expectFenced(point, result);
  });

  test.each(FAIL_POINTS.slice(0, 6))(
    "a creator of the same host that stops at %s is fenced too, and overwrites nothing",
    async (point) => {
      const set = await testSegment(mode);
      const result = await stopAndOvertake(set, point, 0);
      expectFenced(point, result);
    },
  );

  test("a creator that finishes and ends while another one looks has made the structure", async () => {
    const set = await testSegment(mode);
    const first = set.peer(
      `atFailPoint("segment.entry.filled", () => stopProcess());
       await ${small(1)};
       process.exit();`,
    );
    await stopped(first);
    const participant = await joined(set.segment);
    let looks = 0;
    onTestFinished(() => atFailPoint("segment.entry.looked", undefined));
    atFailPoint("segment.entry.looked", () => {
      if (looks++ > 0) return;
      first.process.kill("SIGCONT");
      waitHere(() => set.segment.participants().some(({ pid, standing }) => pid === first.pid && standing === "dead"));
    });
    await expectError("ERR_FAMFS_EXISTS", () => SharedArray.create(participant, "it", { element: u32, length: 1 }));
    expect(looks).toBe(2);
    expect(set.segment.entries()).toHaveLength(1);
  });

  test("a fenced creator that comes late takes the entry of another one, which takes the next", async () => {
    const set = await testSegment(mode);
    const late = `${temporaryFolder()}/late`;
    const slow = set.peer(
      `import { writeFileSync } from "node:fs";
       let stops = 0;
       atFailPoint("segment.entry.found", () => { if (stops++ === 0) stopProcess(); });
       atFailPoint("segment.entry.reserved", () => writeFileSync(args[0], ""));
       await tell(await codeOf(SharedArray.create(participant, "it", { element: u32, length: 1 })));`,
      { args: [late] },
    );
    await stopped(slow);
    const participant = await joined(set.segment);
    onTestFinished(() => atFailPoint("segment.entry.found", undefined));
    atFailPoint("segment.entry.found", () => {
      slow.process.kill("SIGCONT");
      waitHere(() => existsSync(late));
    });
    await SharedArray.create(participant, "other", { element: u32, length: 10 });
    expect(await slow.message()).toBe("ERR_FAMFS_FENCED");
    expect(expectConsistent(set.segment)).toEqual(["other"]);
  });
});

/** Keeps this thread waiting until something holds. */
function waitHere(holds: () => boolean): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; !holds(); tries++) {
    if (tries === 2000) throw new Error("not within 10 s");
    Atomics.wait(clock, 0, 0, 5);
  }
}

/** Who was fenced before it looked sees the name taken; later it cannot know what became of its own. */
function expectFenced(point: string, { fenced, overtaken, names }: Awaited<ReturnType<typeof stopAndOvertake>>): void {
  const early = point.startsWith("segment.bakery");
  expect(fenced).toEqual([early ? "ERR_FAMFS_EXISTS" : "ERR_FAMFS_FENCED", "ERR_FAMFS_FENCED"]);
  expect(names).toEqual(overtaken ? ["it"] : ["other"]);
}

/** What the directory leaves for more, as the next creator would see it. */
function freeBytes({ directory }: Segment): number {
  directory.refresh();
  return directory.free(directory.rangeHolders()).length;
}

/** One stops inside the lock, another one waits for its lease, makes the same thing, and the first goes on. */
async function stopAndOvertake(set: TestSegment, point: string, host: number) {
  const slow = set.peer(
    `let stops = 0;
     atFailPoint("${point}", () => { if (stops++ === 0) stopProcess(); });
     const first = await ${small(1)};
     await tell([first, await codeOf(SharedArray.create(participant, "more", { element: u32, length: 1 }))]);`,
    { host },
  );
  await stopped(slow);
  const participant = await joined(set.segment, 0);
  const made = await SharedArray.create(participant, "it", { element: u32, length: 10 }).then(
    () => true,
    () => false,
  );
  // A name that somebody silent has reserved stays taken; the lock is free all the same.
  if (!made) await SharedArray.create(participant, "other", { element: u32, length: 10 });
  slow.process.kill("SIGCONT");
  const fenced = await slow.message<string[]>();
  return { fenced, overtaken: made, names: expectConsistent(set.segment) };
}
