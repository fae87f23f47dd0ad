import { SharedRecord } from "famfs";
import { simulateHosts } from "famfs/testing";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, stopped, testSegment } from "../support/segment.js";
import { PRELUDE, Price, price } from "./price.js";

describe.each(MODES)('a record with writers: "any" on %s memory', (mode) => {
  test("is the version with the highest token, whoever wrote last", async () => {
    const set = await testSegment(mode);
    const first = await joined(set.segment);
    const second = await joined(await set.reopen(1), 1);
    const mine = await SharedRecord.create(first, "price", { record: Price, writers: "any" });
    const theirs = SharedRecord.open(second, "price", { record: Price });
    const reader = SharedRecord.open(set.segment, "price", { record: Price });
    expect([reader.version, reader.tryRead()]).toEqual([0, undefined]);
    mine.write(price(1), { token: 5 });
    expect(theirs.tryRead()?.id).toBe(1);
    theirs.write(price(2), { token: 9 });
    expect(mine.tryRead()?.id).toBe(2);
    // Late: it had lost its lock meanwhile.
    mine.write(price(3), { token: 6 });
    expect(reader.tryRead()?.toObject()).toEqual(price(2));
    mine.write(price(4), { token: 10 });
    expect(reader.tryRead()?.toObject()).toEqual(price(4));
    expect(reader.version).toBe(4);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mine.write(price(5), { token: 9 }), "10");
    await expectError("ERR_FAMFS_PERMISSION", () => reader.write(price(5), { token: 11 }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mine.write(price(5)));
    await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", () =>
      SharedRecord.open(first, "price", { record: Price, role: "writer" }),
    );
  });

  test("changes() and read() see every lane", async () => {
    const set = await testSegment(mode);
    const first = await joined(set.segment);
    const second = await joined(await set.reopen(1), 1);
    const mine = await SharedRecord.create(first, "price", { record: Price, writers: "any" });
    const theirs = SharedRecord.open(second, "price", { record: Price });
    const waiting = mine.read();
    theirs.write(price(1), { token: 1 });
    expect((await waiting).id).toBe(1);
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const value of mine.changes({ signal: stop.signal })) {
      seen.push(value.id);
      if (value.id === 4) stop.abort();
      else (value.id % 2 === 0 ? mine : theirs).write(price(value.id + 1), { token: value.id + 1 });
    }
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test("changes() does not give a value again when a late version lands", async () => {
    const set = await testSegment(mode);
    const mine = await SharedRecord.create(await joined(set.segment), "price", { record: Price, writers: "any" });
    const late = SharedRecord.open(await joined(await set.reopen(1), 1), "price", { record: Price });
    mine.write(price(5), { token: 5 });
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const value of mine.changes({ signal: stop.signal })) {
      seen.push(value.id);
      if (value.id === 6 || seen.length > 5) stop.abort();
      else late.write(price(seen.length), { token: seen.length });
      if (seen.length === 1) setTimeout(() => mine.write(price(6), { token: 6 }), 40);
    }
    expect(mine.version).toBe(3);
    expect(seen).toEqual([5, 6]);
  });

  test("a writer that was fenced is told, and its late version is not the record", async () => {
    const set = await testSegment(mode, { participantsPerHost: 2 });
    const keeper = await joined(set.segment);
    const mine = await SharedRecord.create(keeper, "price", { record: Price, writers: "any" });
    const slow = set.peer(
      `${PRELUDE}
       const record = SharedRecord.open(participant, "price", { record: Price });
       record.write(price(1), { token: 1 });
       await tell("written");
       await command();
       atFailPoint("record.slot", () => stopProcess());
       let code = "done";
       try { record.write(price(2), { token: 2 }); } catch (error) { code = error.code; }
       await tell(code);`,
      { host: 1 },
    );
    await slow.message();
    slow.send("go");
    await stopped(slow);
    keeper.declareDead(1);
    mine.write(price(3), { token: 3 });
    slow.process.kill("SIGCONT");
    expect(await slow.message()).toBe("ERR_FAMFS_FENCED");
    expect(mine.tryRead()?.toObject()).toEqual(price(3));
  });
});

describe('a read of a record with writers: "any" on simulated memory', () => {
  test("never gives a late version, also where it lands while the read is between the lanes", async () => {
    const set = await testSegment("simulated");
    const first = await joined(set.segment);
    const last = await joined(await set.reopen(1), 1);
    const keeper = await SharedRecord.create(first, "price", { record: Price, writers: "any" });
    const late = SharedRecord.open(last, "price", { record: Price });
    const reader = SharedRecord.open(await set.reopen(), "price", { record: Price });
    await using moments = await simulateHosts(1, { size: 4096, seed: 1, background: false });
    let token = 1;
    late.write(price(token), { token });
    for (let moment = 0; moment < 150; moment++) {
      keeper.write(price(++token), { token });
      const [before, lost, after] = [token, token + 1, token + 2];
      token = after;
      // One writer has lost its lock, another one has written under it: what the first writes now is never the record.
      let left = moment;
      moments.interleave(() => {
        if (left-- !== 0) return;
        keeper.write(price(after), { token: after });
        late.write(price(lost), { token: lost });
      });
      const found = reader.tryRead()?.id;
      moments.interleave(undefined);
      expect([before, after], `at moment ${moment}`).toContain(found);
      // That was after its last moment.
      if (left >= 0) break;
      expect(reader.tryRead()?.id).toBe(after);
    }
  });
});
