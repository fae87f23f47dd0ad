import { SharedCounter } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";

describe.each(MODES)("a counter on %s memory", (mode) => {
  test("counts once what one participant adds through two objects", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const first = await SharedCounter.create(participant, "hits");
    const second = SharedCounter.open(participant, "hits");
    for (let i = 0; i < 10; i++) {
      first.add(1);
      second.add(2);
    }
    expect(first.value).toBe(30);
    first.add(-40);
    expect(second.value).toBe(-10);
  });

  test("refuses what cannot be added, and leaves the value as it is", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const counter = await SharedCounter.create(participant, "hits");
    const largest = Number.MAX_SAFE_INTEGER;
    counter.add(largest);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.add(1), "lane");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.add(1.5));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.add(2 ** 53));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => counter.add("1" as unknown as number));
    await expectError("ERR_FAMFS_PERMISSION", () => SharedCounter.open(segment, "hits").add(1), "join()");
    expect(counter.value).toBe(largest);
    const other = SharedCounter.open(await joined(segment), "hits");
    other.add(5);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.value, "9007199254740996");
    other.add(-6);
    expect(counter.value).toBe(largest - 1);
    await participant.leave();
    await expectError("ERR_FAMFS_CLOSED", () => counter.add(1));
  });
});
