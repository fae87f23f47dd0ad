import { openInstance, Segment, SharedArray, u32 } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import { HEADER_RECORD, Header } from "../../lib/segment/layout.js";
import { expectError } from "../support/errors.js";
import { famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";

const SHAPE = { size: 2 << 20, hosts: 2, participantsPerHost: 4 };

describe.skipIf(noFuse)(named("a segment on famfs", noFuse), () => {
  test("is made, joined and opened like one on tmpfs, and knows its place", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const segment = await Segment.create(instance, "segment", SHAPE);
    expect(segment.coherence).toBe("incoherent");
    const participant = await segment.join({ host: 0 });
    await SharedArray.create(participant, "numbers", { element: u32, length: 10 });
    const other = await openInstance(master.root, { cli: master.cli() });
    onTestFinished(() => other.close());
    const opened = await Segment.open(other, "segment");
    expect(SharedArray.open(opened, "numbers", { element: u32 }).length).toBe(10);
    expect(opened.participants()).toMatchObject([{ index: 0, standing: "alive" }]);
    const { uuid } = await instance.info();
    const header = segment.memory.mapping.bytes(HEADER_RECORD, 384);
    const stored = Buffer.from(header.subarray(Header.placeUuid, Header.placeUuid + 16)).toString("hex");
    expect(stored).toBe(uuid?.replaceAll("-", ""));
    expect(segment.memory.header.place).toMatchObject({ kind: "famfs", path: "segment" });
    expect(segment.memory.header.place.sequence).toBe((await other.open("segment")).sequence ?? 0);
  });

  test("of a famfs that was here before is a left-over: it is waited for, and the error says so", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const segment = await Segment.create(instance, "segment", SHAPE);
    const header = segment.memory.mapping.bytes(HEADER_RECORD, 384);
    header.fill(0xab, Header.placeUuid, Header.placeUuid + 16);
    new DataView(header.buffer, header.byteOffset).setUint32(Header.crc, crc32c(header, 0, Header.crc), true);
    segment.memory.mapping.writeBack(0, 4096);
    await expectError(
      "ERR_FAMFS_TIMEOUT",
      () => Segment.open(instance, "segment", { timeout: 1000 }),
      "left-over",
      "ab".repeat(16),
    );
  });
});
