import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SharedArray, SharedCounter, SharedRecord, toCHeader, u32 } from "famfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import { HEADER_RECORD, HEADER_SIZE, HEADER_WORD, Header } from "../../lib/segment/layout.js";
import { buildPeer, CPeer, lacksCompiler, Quote, quote } from "../support/c-peer.js";
import { ROOT } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { asMachine } from "../support/machine.js";
import { REAL_MODES } from "../support/modes.js";
import { cannotMount, named } from "../support/requirements.js";
import { eventually, joined, type TestSegment, testSegment } from "../support/segment.js";

const COMPILERS = [["gcc"], ["clang", "clang-19", "clang-14"]] as const;
const noCompiler = lacksCompiler(["gcc"]);

let folder: string;
beforeAll(() => {
  if (noCompiler === undefined) ({ folder } = buildPeer(["gcc"]));
});
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const fileOf = ({ instance }: TestSegment) => join(instance.path, "segment");

/** The example, started and joined where it gets a host. */
async function peer(set: TestSegment, host?: number, wrapper?: readonly string[]): Promise<CPeer> {
  const args = [fileOf(set), ...(host === undefined ? [] : [String(host)])];
  const started = new CPeer(join(folder, "c-peer"), args, wrapper);
  expect(await started.answer()).toEqual({ lines: [], end: "ok" });
  return started;
}

/** What a peer says that does not get as far as that. */
async function refusal(set: TestSegment, host?: number, wrapper?: readonly string[]): Promise<string> {
  const args = [fileOf(set), ...(host === undefined ? [] : [String(host)])];
  const { code, stderr } = await new CPeer(join(folder, "c-peer"), args, wrapper).ended;
  expect(code).toBe(1);
  return stderr;
}

const standingsOf = ({ segment }: TestSegment) =>
  Object.fromEntries(segment.participants().map(({ index, standing }) => [index, standing]));

describe("examples/c-peer", () => {
  for (const compilers of COMPILERS) {
    const reason = lacksCompiler(compilers);
    test(named(`builds without a warning with ${compilers[0]}`, reason), { skip: reason !== undefined }, () => {
      const built = buildPeer(compilers);
      rmSync(built.folder, { recursive: true, force: true });
      for (const flag of ["-Wall", "-Wextra", "-Werror", "-std=c11"]) expect(built.output).toContain(flag);
    });
  }

  test("has the header that toCHeader makes of its schema", () => {
    const header = readFileSync(join(ROOT, "examples/c-peer/quote.h"), "utf8");
    expect(header).toBe(toCHeader(Quote, { name: "quote" }));
  });
});

describe.skipIf(noCompiler !== undefined).each(REAL_MODES)(named("a C peer on %s memory", noCompiler), (mode) => {
  test("lists and reads what Node made, without joining", async () => {
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    const counter = await SharedCounter.create(participant, "hits");
    const record = await SharedRecord.create(participant, "quote", { record: Quote, role: "writer" });
    await SharedArray.create(participant, "table", { element: u32, length: 100 });
    const reader = await peer(set);
    expect((await reader.ask("read quote")).end).toContain("no value yet");
    record.write(quote(7));
    counter.add(12);
    counter.add(-20);
    const lines = await reader.must("list");
    expect(lines).toHaveLength(3);
    for (const { kind, name, offset, length } of set.segment.entries())
      expect(lines.join("\n")).toContain(`${kind} ${name}, ${length} bytes at ${offset}, `);
    expect(lines.join("\n")).toContain(Quote.fingerprint.toString(16).padStart(16, "0"));
    expect(await reader.must("read quote 7")).toEqual(["version 1: FAMFS 7 bid 6.50 ask 7.50, 1 seen"]);
    expect(await reader.must("value hits")).toEqual(["-8"]);
    expect((await reader.must("participants")).join("\n")).toContain(`process ${process.pid} "test", not known dead`);
    expect((await reader.ask("add hits 1")).end).toContain("only a participant stores");
    expect((await reader.ask("read hits")).end).toContain("is a counter");
    expect((await reader.ask("value nothing")).end).toContain("no structure");
    expect(await reader.end()).toEqual({ code: 0, stderr: "" });
    expect(standingsOf(set)).toEqual({ 0: "alive" });
  });

  test("is a participant for Node, with its name, until it leaves", async () => {
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    const same = await peer(set, 0);
    const other = await peer(set, 1);
    const found = set.segment.participants().filter(({ name }) => name === "c-peer");
    expect(found).toMatchObject([
      { index: 1, host: 0, slot: 1, pid: same.process.pid, lease: 400, standing: "alive" },
      { index: 4, host: 1, slot: 0, pid: other.process.pid, lease: 400, standing: "alive" },
    ]);
    const beat = found[0]?.heartbeat ?? 0;
    await eventually("its heart beats", () => (set.segment.participants()[1]?.heartbeat ?? 0) > beat + 2);
    await same.end();
    expect(standingsOf(set)).toEqual({ 0: "alive", 4: "alive" });
    const heir = await joined(set.segment);
    expect([heir.index, heir.incarnation]).toEqual([1, 2]);
    expect(participant.left).toBe(false);
  });

  test("gets a slot only where one is free, and an index that the segment has", async () => {
    const set = await testSegment(mode, { participantsPerHost: 2 });
    await joined(set.segment);
    await peer(set, 0);
    expect(await refusal(set, 0)).toContain("all 2 slots of host 0 are taken");
    await expectError("ERR_FAMFS_SLOTS_EXHAUSTED", () => joined(set.segment), '"c-peer"');
    expect(await refusal(set, 2)).toContain("the segment has 2 hosts");
  });

  test("writes a record that processes of all hosts read whole, each version in its turn", async () => {
    const set = await testSegment(mode);
    await SharedRecord.create(await joined(set.segment), "quote", { record: Quote });
    const readers = [0, 1].map((ofHost) =>
      set.peer(
        `const { SharedRecord, u64Number, utf8, vector } = await import("famfs");
         const Quote = struct({ sequence: u64Number, bid: f64, ask: f64, symbol: utf8(8), depth: vector(u32, 48) });
         const record = SharedRecord.open(segment, "quote", { record: Quote });
         await tell("ready");
         const wrong = [];
         for (let last = 0; last < 20000; ) {
           const value = await record.read();
           const { sequence } = value;
           if (sequence < last || value.depth.some((one) => one !== sequence) || value.bid !== sequence - 0.5)
             wrong.push([last, value.toObject()]);
           last = sequence;
         }
         await tell(wrong.slice(0, 3));`,
        { host: ofHost, join: false },
      ),
    );
    for (const reader of readers) await reader.message();
    expect((await (await peer(set, 1)).ask("write quote 1")).end).toContain("bound to host 0");
    await (await peer(set, 0)).must("write quote 1 20000");
    for (const reader of readers) expect(await reader.message()).toEqual([]);
  });

  test("reads whole quotes while Node writes, and takes the role that Node gives back", async () => {
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    using record = await SharedRecord.create(participant, "quote", { record: Quote, role: "writer" });
    record.write(quote(1));
    const reader = await peer(set, 1);
    const reading = reader.must("read quote 20000");
    const other = await peer(set, 0);
    for (let sequence = 2; sequence <= 20000; sequence++) {
      record.write(quote(sequence));
      if (sequence % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect((await reading)[0]).toMatch(/^version 20000: /);
    expect((await other.ask("write quote 5")).end).toContain("participant 0 has the role");
    record.close();
    await other.must("write quote 5");
    expect(record.tryRead()?.toObject()).toEqual(quote(5));
    expect(record.version).toBe(20001);
    using again = SharedRecord.open(participant, "quote", { record: Quote, role: "writer" });
    again.write(quote(6));
    expect(await other.must("read quote 6")).toEqual(["version 20002: FAMFS 6 bid 5.50 ask 6.50, 1 seen"]);
  });

  test("adds to a counter while Node processes do, and nothing is lost", async () => {
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    const counter = await SharedCounter.create(participant, "hits");
    const peers = [await peer(set, 0), await peer(set, 1)];
    const nodes = [0, 1].map((host) =>
      set.peer(
        `const { SharedCounter } = await import("famfs");
         const counter = SharedCounter.open(participant, "hits");
         for (let i = 0; i < 5000; i++) { counter.add(3); counter.add(-1); }
         await tell("done");`,
        { host },
      ),
    );
    await Promise.all(peers.flatMap((one) => [one.must("add hits 5 10000"), one.must("add hits -2 3000")]));
    for (const node of nodes) await node.message();
    const total = 2 * (5 * 10000 - 2 * 3000) + 2 * 5000 * 2;
    expect(counter.value).toBe(total);
    for (const one of peers) expect(await one.must("value hits")).toEqual([String(total)]);
  });

  test("that is killed is known dead at once, its lane counts, and Node takes its role over", async () => {
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    const counter = await SharedCounter.create(participant, "hits");
    const record = await SharedRecord.create(participant, "quote", { record: Quote });
    const victim = await peer(set, 0);
    await victim.must("add hits 41");
    victim.process.stdin?.write("write quote 1 1000000000\n");
    await eventually("it writes", () => record.version > 1000);
    await expectError(
      "ERR_FAMFS_ROLE_TAKEN",
      () => SharedRecord.open(participant, "quote", { record: Quote, role: "writer" }),
      '"c-peer"',
    );
    victim.process.kill("SIGKILL");
    await victim.ended;
    expect(standingsOf(set)).toEqual({ 0: "alive", 1: "dead" });
    const committed = record.version;
    expect(record.tryRead()?.toObject()).toEqual(quote(committed));
    using heir = SharedRecord.open(participant, "quote", { record: Quote, role: "writer" });
    heir.write(quote(5));
    expect([record.version, record.tryRead()?.sequence, counter.value]).toEqual([committed + 1, 5, 41]);
    const next = await peer(set, 0);
    await next.must("add hits 1");
    expect(counter.value).toBe(42);
  });

  test("sees who of Node was killed, tells other hosts, and takes its role over", async () => {
    const set = await testSegment(mode);
    const victim = set.peer(
      `const { SharedRecord, u64Number, utf8, vector } = await import("famfs");
       const Quote = struct({ sequence: u64Number, bid: f64, ask: f64, symbol: utf8(8), depth: vector(u32, 48) });
       const record = await SharedRecord.create(participant, "quote", { record: Quote, role: "writer" });
       const quote = (sequence) => ({ sequence, bid: sequence - 0.5, ask: sequence + 0.5, symbol: "FAMFS",
         depth: new Uint32Array(48).fill(sequence) });
       record.write(quote(1));
       await tell("written");
       atFailPoint("record.selector", () => process.kill(process.pid, "SIGKILL"));
       await command();
       record.write(quote(2));`,
    );
    await victim.message();
    const survivor = await peer(set, 0);
    victim.send("go");
    expect((await victim.ended).signal).toBe("SIGKILL");
    expect(await survivor.must("read quote 1")).toHaveLength(1);
    await survivor.must("write quote 3");
    expect(await survivor.must("read quote 3")).toEqual(["version 2: FAMFS 3 bid 2.50 ask 3.50, 1 seen"]);
    // In the claim, where also those see it who cannot ask for locks.
    const claim = set.segment.memory.layout.participantAt(0);
    const word = set.segment.memory.mapping.commitWord(claim, { bits: 64, site: "test" });
    await eventually("it is marked dead", () => word.observe() % 4 === 3);
    expect((await survivor.must("participants"))[0]).toMatch(/^participant 0, .*, dead$/);
  });

  test("refuses a header that is not whole, not of this format, or of another place", async () => {
    const set = await testSegment(mode);
    const { mapping } = set.segment.memory;
    const bytes = mapping.bytes(0, HEADER_RECORD + HEADER_SIZE);
    const good = bytes.slice();
    const saying = async (offset: number, byte: number, sealed: boolean) => {
      bytes[offset] = byte;
      const record = Buffer.from(bytes.buffer, bytes.byteOffset + HEADER_RECORD, HEADER_SIZE);
      if (sealed) record.writeUInt32LE(crc32c(record, 0, Header.crc), Header.crc);
      mapping.writeBack(0, bytes.length);
      const said = await refusal(set);
      bytes.set(good);
      mapping.writeBack(0, bytes.length);
      return said;
    };
    const at = (field: keyof typeof Header) => HEADER_RECORD + Header[field];
    expect(await saying(at("magic"), 0x20, true)).toContain("no magic number");
    expect(await saying(at("hosts"), 3, false)).toContain("damaged");
    expect(await saying(HEADER_WORD, (good[0] as number) ^ 1, true)).toContain("half-made");
    expect(await saying(HEADER_WORD, (good[0] as number) ^ 2, true)).toContain("damaged");
    expect(await saying(at("version"), 2, true)).toContain("format version 2");
    expect(await saying(at("incompatible"), 4, true)).toContain("incompatible features 0x4");
    expect(await saying(at("placeKind"), 1, true)).toContain("of another place");
    expect(await saying(at("coherence"), 3, true)).toContain("not for C programs");
    expect(await saying(at("hosts"), 65, true)).toContain("does not fit its size");
    await peer(set);
  });

  test(named("joins after a restart of its host, not in place of another machine", cannotMount), {
    skip: cannotMount !== undefined,
  }, async () => {
    const set = await testSegment(mode);
    const bootId = (last: number) => `00000000-0000-4000-8000-00000000000${last}`;
    const machineId = (last: number) => `${last}`.padStart(32, "0");
    const machine = (id: number, boot: number) => asMachine({ machineId: machineId(id), bootId: bootId(boot) });
    const first = await peer(set, 1, machine(1, 1));
    expect(await refusal(set, 1, machine(2, 2))).toContain("belongs to another machine");
    expect(await refusal(set, 1, machine(1, 2))).toContain("is in use: a heartbeat moves");
    first.process.kill("SIGKILL");
    await first.ended;
    const second = await peer(set, 1, machine(1, 2));
    const found = set.segment.participants().find(({ index }) => index === 4);
    expect(found).toMatchObject({ incarnation: 2, standing: "alive", name: "c-peer" });
    const word = set.segment.memory.mapping.commitWord(set.segment.memory.layout.hostAt(1), { bits: 64, site: "t" });
    expect(Math.floor(word.observe() / 2 ** 32)).toBe(2);
    await second.end();
  });
});
