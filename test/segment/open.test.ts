import { closeSync, openSync, writeSync } from "node:fs";
import { openInstance, Segment } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError, thrownBy } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";
import { REAL_MODES } from "../support/modes.js";
import { eventually, SMALL, sleep, testSegment } from "../support/segment.js";

/** Stores into a file behind everybody's back. */
function poke(path: string, offset: number, bytes: Uint8Array): void {
  const fd = openSync(path, "r+");
  writeSync(fd, bytes, 0, bytes.byteLength, offset);
  closeSync(fd);
}

const word = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

describe.each(REAL_MODES)("a segment on %s memory", (mode) => {
  test("is made once, and opened with what it was made with", async () => {
    const { instance, segment, reopen } = await testSegment(mode);
    expect(segment).toMatchObject({ ...shapeOf(SMALL), byteSize: SMALL.size, access: "read-write", coherence: mode });
    await expectError("ERR_FAMFS_EXISTS", () => Segment.create(instance, "segment", SMALL));
    const other = await reopen();
    expect(other).toMatchObject({ ...shapeOf(SMALL), epoch: segment.epoch, path: segment.path, closed: false });
    expect(other.epoch % 2).toBe(0);
    expect(other.entries()).toEqual([]);
    await other.close();
    await other.close();
    expect(other.closed).toBe(true);
    await expectError("ERR_FAMFS_CLOSED", () => other.entries());
    await expectError("ERR_FAMFS_CLOSED", () => other.participants());
    expect(segment.closed).toBe(false);
    await instance.close();
    expect(segment.closed).toBe(true);
  });

  test("can be looked at without write access", async () => {
    const { instance, peer } = await testSegment(mode);
    const child = peer(`await tell(participant.index); await command();`);
    const index = await child.message<number>();
    const reader = await Segment.open(instance, "segment", { access: "read-only" });
    expect(reader.access).toBe("read-only");
    expect(reader.participants()).toMatchObject([{ index, standing: "alive" }]);
    await expectError("ERR_FAMFS_PERMISSION", () => reader.join({ host: 0 }));
    child.process.kill("SIGKILL");
    await child.ended;
    expect(reader.participants()).toMatchObject([{ index, standing: "dead" }]);
  });

  test("is waited for: the file, the header, and a creator that is slow", async () => {
    const { instance } = await testSegment(mode);
    const opening = Segment.open(instance, "later");
    await sleep(30);
    const made = await Segment.create(instance, "later", SMALL);
    expect((await opening).epoch).toBe(made.epoch);
    const half = await instance.create("half", { size: SMALL.size });
    const waiting = Segment.open(instance, "half");
    await sleep(30);
    const formatted = Segment.format(half.map(), { ...shapeOf(SMALL), force: false });
    expect((await waiting).epoch).toBe(formatted.epoch);
  });

  test("that does not come ends the wait with what was there instead", async () => {
    const { instance, segment } = await testSegment(mode);
    const open = (name: string) => Segment.open(instance, name, { timeout: 50 });
    await expectError("ERR_FAMFS_TIMEOUT", () => open("nothing"), "nothing");
    await instance.create("zeros", { size: 8192 });
    await expectError("ERR_FAMFS_TIMEOUT", () => open("zeros"), "not published");
    await instance.create("tiny", { size: 100 });
    await expectError("ERR_FAMFS_TIMEOUT", () => open("tiny"), "no segment's header");
    const file = await instance.create("foreign", { size: 8192 });
    poke(file.path, 0, word(2 ** 48));
    await expectError("ERR_FAMFS_TIMEOUT", () => open("foreign"), "no segment's header");
    poke(file.path, 0, new Uint8Array(8192).fill(0xee));
    await expectError("ERR_FAMFS_TIMEOUT", () => open("foreign"), "no segment's header");
    poke(segment.path, 128 + 32, word(1));
    await expectError("ERR_FAMFS_TIMEOUT", () => open("segment"), "wrong checksum");
    poke(segment.path, 0, word(segment.epoch + 1));
    await expectError("ERR_FAMFS_TIMEOUT", () => open("segment"), "not published");
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("enough")), 30);
    expect(await thrownBy(() => Segment.open(instance, "zeros", { signal: abort.signal }))).toMatchObject({
      message: "enough",
    });
  });

  test("of a creator that is killed is half-made, and can be formatted", async () => {
    const { instance, peer } = await testSegment(mode);
    const child = peer(
      `atFailPoint("segment.format.zeroed", () => process.kill(process.pid, "SIGKILL"));
       await Segment.create(instance, "half", ${JSON.stringify(SMALL)});`,
      { join: false },
    );
    expect((await child.ended).signal).toBe("SIGKILL");
    await expectError("ERR_FAMFS_EXISTS", () => Segment.create(instance, "half", SMALL));
    await expectError("ERR_FAMFS_TIMEOUT", () => Segment.open(instance, "half", { timeout: 20 }), "not published");
    const file = await instance.open("half", { access: "read-write" });
    const segment = Segment.format(file.map(), { ...shapeOf(SMALL), force: false });
    expect((await Segment.open(instance, "half")).epoch).toBe(segment.epoch);
  });

  test("is destroyed only by force", async () => {
    const { instance, segment } = await testSegment(mode);
    const map = async () => (await instance.open("segment", { access: "read-write" })).map();
    const shape = shapeOf(SMALL);
    await expectError("ERR_FAMFS_EXISTS", async () => Segment.format(await map(), { ...shape, force: false }), "force");
    const anew = Segment.format(await map(), { ...shape, force: true });
    expect(anew.epoch).not.toBe(segment.epoch);
    expect((await Segment.open(instance, "segment")).epoch).toBe(anew.epoch);
  });
});

test("a segment says for which kind of memory it was made; another one is refused", async () => {
  const { segment, instance } = await testSegment("incoherent");
  const coherent = await openInstance(instance.path, { coherence: "coherent" });
  onTestFinished(() => coherent.close());
  await expectError("ERR_FAMFS_COHERENCE_MISMATCH", () => Segment.open(coherent, "segment"), "incoherent", "coherent");
  expect(segment.closed).toBe(false);
});

test("sizes, counts and options that cannot be are refused before anything is made", async () => {
  const { instance } = await tmpfsInstance();
  const create = (options: object) => Segment.create(instance, "no", { ...SMALL, ...options });
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ size: 1000 }), /at least \d+ bytes/);
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ hosts: 0 }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ hosts: 65 }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ hosts: 64, participantsPerHost: 5 }), "256");
  await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ participantsPerHost: undefined }));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ size: "1" }));
  await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create({ slots: 1 }));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => Segment.create({} as never, "no", SMALL));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => Segment.open({} as never, "no"));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => Segment.open(instance, "no", { timeout: -1 }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => Segment.open(instance, "no", { uuid: "123" }));
  await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => Segment.open(instance, "no", { wait: 1 } as never));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => Segment.format({} as never, { ...shapeOf(SMALL), force: true }));
  const file = await instance.create("part", { size: 2 * SMALL.size });
  const part = file.map({ offset: 4096 });
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => Segment.format(part, { ...shapeOf(SMALL), force: true }));
  await expectError("ERR_FAMFS_TIMEOUT", () => Segment.open(instance, "no", { timeout: 0 }));
});

test("memory that held something else before makes no difference", async () => {
  const { instance } = await tmpfsInstance();
  const file = await instance.create("used", { size: SMALL.size });
  const mapping = file.map();
  mapping.bytes().fill(0x5a);
  const segment = Segment.format(mapping, { ...shapeOf(SMALL), force: false });
  const participant = await segment.join();
  await eventually("a beat", () => (segment.participants()[0]?.heartbeat ?? 0) > 0);
  expect(participant).toMatchObject({ incarnation: 1, index: 0 });
  expect(segment.entries()).toEqual([]);
});

function shapeOf({ hosts, participantsPerHost }: typeof SMALL) {
  return { hosts, participantsPerHost };
}
