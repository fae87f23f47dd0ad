import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FamfsLog, type LoggedFile } from "../../lib/instance/famfs/log.js";
import { listShadow, readShadowFile } from "../../lib/instance/famfs/shadow.js";
import { readSuperblock } from "../../lib/instance/famfs/superblock.js";
import type { FileFields } from "../doubles/media-bytes.js";
import { shadowText } from "../doubles/shadow-writer.js";
import { expectError } from "../support/errors.js";
import { mediaFolder, ONE_EXTENT } from "../support/media.js";
import { descriptorsOf } from "../support/proc.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { files } from "./arbitrary.js";

/** How long a test waits for what stays damaged, in milliseconds. */
const SHORT = 5;

const PLAIN: FileFields = { name: "a", size: 5, mode: 0o640, uid: 7, gid: 8, map: ONE_EXTENT };

function put(shadow: string, name: string, text: string | Buffer): void {
  const path = join(shadow, "root", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function list(shadow: string): Promise<Map<string, LoggedFile>> {
  const found = new Map<string, LoggedFile>();
  for await (const file of listShadow(shadow)) {
    expect(found.has(file.name)).toBe(false);
    found.set(file.name, file);
  }
  return found;
}

test("a file comes back as famfs wrote it, with the extents that its log entry has", async () => {
  const shadow = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(files, async (given) => {
      const name = String(given.name);
      const { root, writer } = mediaFolder();
      try {
        put(shadow, name, shadowText(given));
        writer.file(given);
        const log = new FamfsLog(root, await readSuperblock(root), SHORT);
        await log.refresh();
        expect(await readShadowFile(shadow, name, SHORT)).toEqual({ ...log.files.get(name), sequence: -1 });
      } finally {
        rmSync(root, { recursive: true });
        rmSync(join(shadow, "root"), { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});

test("a name that looks like a number stays a name, and a mode is octal", async () => {
  const shadow = temporaryFolder();
  put(shadow, "0446", shadowText({ ...PLAIN, name: "0446", mode: 0o446 }));
  expect(await readShadowFile(shadow, "0446")).toMatchObject({ name: "0446", mode: 0o446 });
});

test("extents of a kind that is not known are told as such", async () => {
  const shadow = temporaryFolder();
  put(shadow, "a", shadowText(PLAIN).replace("simple_ext_list", "spiral_ext_list"));
  expect(await readShadowFile(shadow, "a")).toMatchObject({ size: 5, extents: { kind: "unknown" } });
});

describe("listing", () => {
  test("finds the files of all folders, and neither .meta nor links, pipes and the socket", async () => {
    const shadow = temporaryFolder();
    const names = ["a", "b/c", "b/d/e/f", "-x", ".hidden", "ü/\u{1f600}"];
    for (const name of names) put(shadow, name, shadowText({ ...PLAIN, name }));
    put(shadow, ".meta/.superblock", "no YAML: [");
    put(shadow, "b/.meta/x", shadowText({ ...PLAIN, name: "b/.meta/x" }));
    mkdirSync(join(shadow, "root/empty"));
    symlinkSync(join(shadow, "root/a"), join(shadow, "root/link"));
    symlinkSync("/", join(shadow, "root/up"));
    execFileSync("mkfifo", [join(shadow, "root/pipe")]);
    writeFileSync(join(shadow, "sock"), "");
    const found = await list(shadow);
    expect([...found.keys()].sort()).toEqual([...names, "b/.meta/x"].sort());
    expect(found.get("b/c")).toMatchObject({ size: 5, mode: 0o640, uid: 7, gid: 8, sequence: -1 });
    expect(descriptorsOf(shadow)).toEqual([]);
  });

  test("goes on over what is removed meanwhile", async () => {
    const shadow = temporaryFolder();
    for (const folder of ["a", "b", "c", "d"]) {
      for (const file of ["1", "2", "3", "4"]) {
        put(shadow, `${folder}/${file}`, shadowText({ ...PLAIN, name: `${folder}/${file}` }));
      }
    }
    const found: string[] = [];
    for await (const { name } of listShadow(shadow)) {
      if (found.length === 0) rmSync(join(shadow, "root"), { recursive: true });
      found.push(name);
    }
    expect(found.length).toBe(1);
  });

  test("of a shadow that is not there is an error", async () => {
    await expectError("ERR_FAMFS_NOT_FOUND", () => list(temporaryFolder()), "root");
  });
});

describe("what is no shadow of a file", () => {
  const text = shadowText(PLAIN);
  const striped = shadowText({ ...PLAIN, map: { chunkSize: 4096, strips: [{ offset: 0, length: 4096 }] } });
  const bad: readonly (readonly [string, string | Buffer])[] = [
    ["nothing", ""],
    ["a text", "hello"],
    ["a list", "- file"],
    ["an empty mapping", "{}"],
    ["file as a list", "file: []"],
    ["no YAML", "file: ["],
    ["two documents", text + text],
    ["a key twice", text.replace("  uid: 7", "  uid: 7\n  uid: 8")],
    ["an alias", text.replace("size: 5", "size: &x 5").replace("gid: 8", "gid: *x")],
    ["no UTF-8", Buffer.concat([Buffer.from(text), Buffer.from([0xff])])],
    ["too much", text + "#".repeat(16_384)],
    ["another file's path", text.replace("path: a", "path: b")],
    ["a path that leads out", text.replace("path: a", "path: ../a")],
    ["no size", text.replace("  size: 5\n", "")],
    ["a size with a sign", text.replace("size: 5", "size: -5")],
    ["a size with a part", text.replace("size: 5", "size: 5.0")],
    ["an empty size", text.replace("size: 5", 'size: ""')],
    ["a size from 2^53 on", text.replace("size: 5", `size: ${2n ** 53n}`)],
    ["a size of 100 digits", text.replace("size: 5", `size: ${"9".repeat(100)}`)],
    ["a size as a list", text.replace("size: 5", "size: [5]")],
    ["a size above the extents", text.replace("size: 5", `size: ${2 ** 21 + 1}`)],
    ["a mode that is not octal", text.replace("mode: 0640", "mode: 0680")],
    ["another number of extents", text.replace("nextents: 1", "nextents: 2")],
    ["an extent that is a text", text.replace(/- devindex: 0\n.*\n.*\n/, "- x\n")],
    ["extents that are a text", text.replace(/simple_ext_list:\n(.*\n)*\.\.\./, "simple_ext_list: x\n...")],
    ["an offset from 2^53 on", text.replace(/offset: 0x\w+/, "offset: 0xffffffffffffffff")],
    ["another number of strips", striped.replace("nstrips: 1", "nstrips: 2")],
    ["no chunk size", striped.replace(/ {4}chunk_size: .*\n/, "")],
    ["a chunk size that is no power of two", striped.replace("0x1000", "0x1001")],
    ["brackets as deep as the text", "[".repeat(16_384)],
  ];

  test.each(bad)("%s is an error", async (_, content) => {
    const shadow = temporaryFolder();
    put(shadow, "a", content);
    expect(String(content)).not.toBe(text);
    await expectError("ERR_FAMFS_CORRUPT", () => readShadowFile(shadow, "a", SHORT), join(shadow, "root/a"));
    expect(descriptorsOf(shadow)).toEqual([]);
  });

  test("a folder, a link, a pipe and a missing file are errors too", async () => {
    const shadow = temporaryFolder();
    put(shadow, "a", text);
    symlinkSync(join(shadow, "root/a"), join(shadow, "root/link"));
    mkdirSync(join(shadow, "root/folder"));
    execFileSync("mkfifo", [join(shadow, "root/pipe")]);
    await expectError("ERR_FAMFS_IS_DIRECTORY", () => readShadowFile(shadow, "folder", SHORT));
    await expectError("ERR_FAMFS_SYSTEM", () => readShadowFile(shadow, "link", SHORT), "ELOOP");
    await expectError("ERR_FAMFS_SYSTEM", () => readShadowFile(shadow, "pipe", SHORT), "ESPIPE");
    await expectError("ERR_FAMFS_NOT_FOUND", () => readShadowFile(shadow, "b", SHORT));
  });

  test("bytes changed anywhere give a file within bounds, or an error with a code", async () => {
    const shadow = temporaryFolder();
    const change = fc.record({
      at: fc.nat({ max: text.length - 1 }),
      remove: fc.nat({ max: 20 }),
      add: fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom("&", "*a", "!!int", "0x", "\n", "  ", "- ", "{", ": "),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const content = changes.reduce(
          (old, { at, remove, add }) => old.slice(0, at) + add + old.slice(at + remove),
          text,
        );
        put(shadow, "a", content);
        const result: unknown = await readShadowFile(shadow, "a", 0).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toMatchObject({ name: "FamfsError", code: "ERR_FAMFS_CORRUPT" });
        else expect(result).toMatchObject({ name: "a" });
      }),
      { numRuns: 300 },
    );
  });

  test("one that is being written is read when it is whole", async () => {
    const shadow = temporaryFolder();
    put(shadow, "a", text.slice(0, 60));
    setTimeout(() => put(shadow, "a", text), 20);
    expect(await readShadowFile(shadow, "a", 10_000)).toMatchObject({ size: 5 });
  });
});
