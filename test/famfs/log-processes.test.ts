import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FamfsLog } from "../../lib/instance/famfs/log.js";
import { readSuperblock } from "../../lib/instance/famfs/superblock.js";
import { ENTRY_SIZE, entryBytes, FILE_ENTRY, filePayload, HEADER_SIZE } from "../doubles/media-bytes.js";
import { Child } from "../support/child.js";
import { expectError, tracesOf } from "../support/errors.js";
import { mediaFolder, ONE_EXTENT } from "../support/media.js";
import { seededRandom } from "../support/seed.js";

const COUNT = 1500;

function payload(index: number): Buffer {
  return filePayload({ name: `folder-${index % 7}/file-${index}`, size: 1 + index, map: ONE_EXTENT });
}

/**
 * Appends the entries of a file to the log, one by one: in the writer's order, or as another host may see it: the index
 * first, and the entry in two parts behind it. It pauses at random in between.
 */
const WRITER = `
  import { openSync, readFileSync, writeSync } from "node:fs";
  const [log, source, seed, dies] = process.argv.slice(1);
  const entries = readFileSync(source);
  const fd = openSync(log, "r+");
  let state = Number(seed);
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pause = () => {
    if (random() < 0.05) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + random() * 3);
  };
  const publish = (count) => {
    const words = Buffer.alloc(16);
    words.writeUInt32LE(count, 0);
    words.writeUInt32LE(count, 8);
    writeSync(fd, words, 0, 16, 32);
  };
  const store = (at, bytes) => writeSync(fd, bytes, 0, bytes.length, at);
  process.send("ready");
  process.once("message", () => {
    const count = entries.length / ${ENTRY_SIZE};
    for (let i = 0; i < count; i++) {
      const bytes = entries.subarray(i * ${ENTRY_SIZE}, (i + 1) * ${ENTRY_SIZE});
      const at = ${HEADER_SIZE} + i * ${ENTRY_SIZE};
      const isLast = dies === "dies" && i + 1 === count;
      if (!isLast && random() < 0.5) {
        store(at, bytes);
        pause();
        publish(i + 1);
      } else {
        const cut = 8 * Math.floor(1 + random() * 66);
        publish(i + 1);
        pause();
        if (isLast) process.kill(process.pid, "SIGKILL");
        // The end before the beginning: the sequence number is not what makes an entry whole.
        const parts = [[at, bytes.subarray(0, cut)], [at + cut, bytes.subarray(cut)]];
        if (random() < 0.5) parts.reverse();
        store(...parts[0]);
        pause();
        store(...parts[1]);
      }
    }
    process.disconnect();
  });
`;

async function startWriter(root: string, count: number, more: readonly string[]): Promise<Child> {
  const source = join(root, "entries");
  const bytes = Array.from({ length: count }, (_, index) => entryBytes(index, FILE_ENTRY, payload(index)));
  writeFileSync(source, Buffer.concat(bytes));
  const child = new Child(WRITER, { args: [join(root, ".meta/.log"), source, ...more] });
  expect(await child.message()).toBe("ready");
  return child;
}

function expectPrefix(log: FamfsLog, from: number): void {
  expect(log.files.size).toBe(log.used);
  for (let index = from; index < log.used; index++) {
    const file = log.files.get(`folder-${index % 7}/file-${index}`);
    expect(file).toMatchObject({ size: 1 + index, sequence: index });
  }
}

describe("a log that another process appends to while it is read", () => {
  test("is always a whole beginning of what is written, whatever the order of the stores", async () => {
    const random = seededRandom("log appended while it is read");
    const { root } = mediaFolder();
    const writer = await startWriter(root, COUNT, [String(Math.floor(random() * 2 ** 32))]);
    const log = new FamfsLog(root, await readSuperblock(root), 20_000);
    let seen = 0;
    let refreshes = 0;
    writer.send("go");
    while (seen < COUNT) {
      await log.refresh();
      expect(log.used).toBeGreaterThanOrEqual(seen);
      expectPrefix(log, seen);
      if (log.used > seen) refreshes++;
      seen = log.used;
    }
    // It was read meanwhile, not only behind the last entry.
    expect(refreshes).toBeGreaterThan(2);
    expect(log.unknownEntries).toBe(0);
    expect(await writer.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("whose writer is killed between index and entry is an error, and goes on where another completes it", async () => {
    const { root, writer: repair } = mediaFolder();
    const writer = await startWriter(root, 40, ["1", "dies"]);
    writer.send("go");
    expect(await writer.ended).toMatchObject({ signal: "SIGKILL" });
    const log = new FamfsLog(root, await readSuperblock(root), 20);
    const before = tracesOf(root);
    await expectError("ERR_FAMFS_CORRUPT", () => log.refresh(), "entry 39", "its writer died");
    expect(tracesOf(root)).toEqual(before);
    expect(log.used).toBe(39);
    expectPrefix(log, 0);
    repair.place(39, entryBytes(39, FILE_ENTRY, payload(39)));
    await log.refresh();
    expect(log.used).toBe(40);
    expectPrefix(log, 0);
  });
});
