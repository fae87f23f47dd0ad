import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import * as layout from "../../lib/segment/layout.js";
import { ROOT } from "../support/child.js";

const page = readFileSync(join(ROOT, "docs/format/segment.md"), "utf8");

interface Field {
  readonly offset: number;
  readonly size: string;
  readonly name: string;
}

/** The table under a heading. */
function fields(heading: string): Field[] {
  const section = page.split(new RegExp(`^#+ ${heading}$`, "m"))[1]?.split(/^#/m)[0] ?? "";
  return [...section.matchAll(/^\| (\d+) \| ([^|]*) \| (\w+)/gm)].map(([, offset, size, name]) => ({
    offset: Number(offset),
    size: (size as string).trim(),
    name: name as string,
  }));
}

const offsets = (heading: string) => Object.fromEntries(fields(heading).map(({ name, offset }) => [name, offset]));

describe("docs/format/segment.md has the offsets of the source", () => {
  test.each([
    ["Header record", layout.Header],
    ["Host record", layout.HostRecord],
    ["Identity", layout.Identity],
    ["Entry record", layout.EntryRecord],
  ])("%s", (heading, expected) => {
    expect(offsets(heading)).toEqual(expected);
  });

  test("blocks", () => {
    expect(fields("Header").map(({ offset, size }) => [offset, size])).toEqual([
      [layout.HEADER_WORD, "8"],
      [layout.HEADER_RECORD, String(layout.HEADER_SIZE)],
    ]);
    const { recordSize, ...host } = layout.Host;
    expect(offsets("Host")).toEqual(host);
    expect(fields("Host").find(({ name }) => name === "record")?.size).toBe(String(recordSize));
    const { identitySize, ...participant } = layout.Participant;
    expect(offsets("Participant")).toEqual(participant);
    expect(fields("Participant").find(({ name }) => name === "identity")?.size).toBe(String(identitySize));
    expect(offsets("Directory")).toEqual({ used: layout.Directory.used, entries: layout.Directory.entries });
    expect(offsets("Entry")).toEqual({ word: layout.Entry.word, record: layout.Entry.record });
    expect(fields("Entry").find(({ name }) => name === "record")?.size).toBe(String(layout.Entry.recordSize));
  });

  test("sizes of texts", () => {
    const size = (heading: string, name: string) => Number(fields(heading).find((one) => one.name === name)?.size);
    expect(size("Header record", "placePath")).toBe(layout.PLACE_PATH_SIZE);
    expect(size("Identity", "name")).toBe(layout.PARTICIPANT_NAME_SIZE);
    expect(size("Entry record", "name")).toBe(layout.NAME_SIZE);
    expect(size("Entry record", "kind")).toBe(layout.KIND_SIZE);
    expect(size("Entry record", "options")).toBe(layout.OPTIONS_SIZE);
  });

  test.each(["Header record", "Host record", "Identity", "Entry record"])("no two fields of %s overlap", (heading) => {
    let end = 0;
    for (const { offset, size } of fields(heading)) {
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + Number(size);
    }
  });

  test("areas, by the formulas of the page", () => {
    const up = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
    for (const [hosts, perHost] of [
      [1, 1],
      [2, 8],
      [3, 7],
      [64, 4],
      [1, 256],
    ] as const) {
      const found = layout.Layout.forSize(8 << 20, hosts, perHost);
      const participantSize = 768 + up(4 * hosts * perHost, 128);
      const hostSize = 384 + perHost * participantSize;
      const directoryAt = up(4096 + hosts * hostSize, 4096);
      const partSize = up(128 + 512 * found.entriesPerHost, 4096);
      expect(found).toMatchObject({ participantSize, hostSize, directoryAt, partSize });
      expect(found.dataAt).toBe(directoryAt + hosts * partSize);
      expect(found.participantAt(perHost - 1)).toBe(4096 + 384 + (perHost - 1) * participantSize);
    }
  });
});

test("CRC-32C is the one that others compute", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  // RFC 3720, B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from("x123456789y"), 1, 10)).toBe(0xe3069283);
});

test("the least size of a segment is one that works, and one less is not", () => {
  for (const [hosts, perHost] of [
    [1, 1],
    [64, 4],
    [1, 256],
    [5, 3],
  ] as const) {
    let least = 0;
    try {
      layout.Layout.forSize(1, hosts, perHost);
    } catch (error) {
      least = Number(/at least (\d+) bytes/.exec(String(error))?.[1]);
    }
    expect(layout.Layout.forSize(least, hosts, perHost).leastSize).toBe(least);
    expect(() => layout.Layout.forSize(least - 1, hosts, perHost)).toThrow(`at least ${least} bytes`);
  }
});
