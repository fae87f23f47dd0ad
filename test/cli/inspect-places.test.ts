import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInstance, SharedCounter } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import { HEADER_RECORD, Header } from "../../lib/segment/layout.js";
import { famfsNode } from "../support/cli.js";
import { makeDevdax } from "../support/devdax.js";
import { famfsMaster } from "../support/famfs-master.js";
import { named, noDax, noFuse } from "../support/requirements.js";
import { testSegment } from "../support/segment.js";
import { filled, inspected, pathOf } from "./inspected.js";

test("a segment made on simulated memory is shown as its device holds it", async () => {
  const made = await testSegment("simulated");
  const { participant } = await filled(made);
  await participant.leave();
  const told = await inspected(pathOf(made), "--name", "orders");
  expect(told).toMatchObject({ header: { coherence: "simulated" }, structures: [{ shown: { value: 40 } }] });
});

test("a copy on a disk tells as much", async () => {
  const made = await testSegment("coherent");
  await filled(made);
  const folder = mkdtempSync(join(tmpdir(), "famfs-inspect-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(pathOf(made), join(folder, "copy"));
  const told = await inspected(join(folder, "copy"), "--name", "orders");
  // Its holders' locks are not on the copy.
  expect(told.participants).toMatchObject([{ name: "feed", standing: "unknown" }]);
  expect(told.structures).toMatchObject([{ shown: { value: 40 } }]);
});

describe("what is no segment ends with 1 and says what is there and what to do", () => {
  const changedHeader = async (change: (header: DataView) => void, sealed = true) => {
    const made = await testSegment("coherent");
    const { mapping } = made.segment.memory;
    const header = mapping.view(DataView, HEADER_RECORD, 384);
    change(header);
    const crc = crc32c(mapping.bytes(HEADER_RECORD, 384), 0, Header.crc);
    if (sealed) header.setUint32(Header.crc, crc, true);
    return pathOf(made);
  };
  const file = async (content: Uint8Array) => {
    const instance = await openInstance(undefined, { fallback: "tmpfs" });
    onTestFinished(() => instance.close());
    const path = join(instance.path, "file");
    writeFileSync(path, content);
    return path;
  };
  const halfMade = async () => {
    const made = await testSegment("coherent");
    made.segment.memory.mapping.bytes(0, 8).fill(0);
    return pathOf(made);
  };

  test.each([
    ["a file of another kind", () => file(Buffer.alloc(1 << 16, "x")), "ERR_FAMFS_NOT_A_SEGMENT", /another kind.*stat/],
    ["an empty file", () => file(Buffer.alloc(0)), "ERR_FAMFS_NOT_A_SEGMENT", /no segment's header/],
    ["a half-made one", halfMade, "ERR_FAMFS_NOT_A_SEGMENT", /not published.*look again/],
    [
      "a left-over",
      () => changedHeader((header) => header.setUint32(Header.placeKind, 1, true)),
      "ERR_FAMFS_NOT_A_SEGMENT",
      /left-over.*Segment\.format/,
    ],
    [
      "a damaged header",
      () => changedHeader((header) => header.setUint32(Header.hosts, 3, true), false),
      "ERR_FAMFS_NOT_A_SEGMENT",
      /wrong checksum/,
    ],
    [
      "a later version",
      () => changedHeader((header) => header.setUint32(Header.version, 2, true)),
      "ERR_FAMFS_UNSUPPORTED_VERSION",
      /version 2/,
    ],
    ["a directory", async () => (await testSegment("coherent")).instance.path, "ERR_FAMFS_IS_DIRECTORY", /ls lists/],
    ["nothing", async () => "/dev/shm/famfs-there-is-no-such-file", "ERR_FAMFS_NOT_FOUND", /does not exist/],
  ])("%s", async (_, make, expected, message) => {
    const path = await make();
    const { code, stdout, stderr } = await famfsNode(["inspect", path]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(new RegExp(`^famfs-node inspect: [^\n]*\\(${expected}\\)\n$`));
    expect(stderr).toMatch(message);
    const told = await famfsNode(["inspect", path, "--json"]);
    expect([told.code, told.stdout]).toEqual([1, ""]);
    expect(JSON.parse(told.stderr)).toMatchObject({ error: { command: "inspect", code: expected } });
  });
});

describe.skipIf(noFuse !== undefined)(named("inspect on a famfs", noFuse), () => {
  test("shows the segment with its place", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const { Segment } = await import("famfs");
    const segment = await Segment.create(instance, "segment", { size: 2 << 20, hosts: 2, participantsPerHost: 4 });
    const participant = await segment.join({ host: 1, name: "far" });
    (await SharedCounter.create(participant, "orders")).add(3);
    const told = await inspected(join(master.root, "segment"));
    expect(told).toMatchObject({
      kind: "famfs-fuse",
      header: { coherence: "incoherent", place: { kind: "famfs", path: "segment" } },
      participants: [{ host: 1, slot: 0, name: "far" }],
      structures: [{ host: 1, shown: { value: 3 } }],
    });
  });
});

describe.skipIf(noDax !== undefined)(named("inspect on a dax device", noDax), () => {
  test("shows the segment that was formatted there", async () => {
    const { on, path } = makeDevdax();
    const told = await on(
      `const { execFileSync } = await import("node:child_process");
       const { Segment, SharedCounter } = await import("famfs");
       const instance = await openInstance(root);
       const mapping = (await instance.open("dax9.0", { access: "read-write" })).map();
       const segment = Segment.format(mapping, { hosts: 2, participantsPerHost: 4, force: false });
       const participant = await segment.join({ host: 0, name: "feed" });
       (await SharedCounter.create(participant, "orders")).add(3);
       const output = execFileSync(process.execPath, ["dist/cli.js", "inspect", "--json", root], { encoding: "utf8" });
       await segment.close();
       show({ uuid: segment.uuid, told: JSON.parse(output) });`,
    );
    const { uuid } = told as { uuid: string };
    expect(told).toMatchObject({
      told: {
        path,
        kind: "devdax",
        header: { byteSize: 8 << 20, place: { kind: "devdax", uuid } },
        participants: [{ name: "feed" }],
        structures: [{ name: "orders", shown: { value: 3 } }],
      },
    });
  });
});
