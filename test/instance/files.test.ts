import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { FileEntry, Instance } from "famfs";
import { expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";

async function list(instance: Instance): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of instance.files()) entries.push(entry);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

test("files() lists the files of an instance and of its folders, and nothing else", async () => {
  const { instance, path } = await tmpfsInstance();
  expect(await list(instance)).toEqual([]);
  mkdirSync(path("models/deep"), { recursive: true });
  await instance.create("table", { size: 100, mode: 0o600 });
  await instance.create("models/deep/a", { size: 7 });
  symlinkSync("table", path("link"));
  symlinkSync("/", path("models/root"));
  const owner = { uid: process.getuid?.(), gid: process.getgid?.() };
  expect(await list(instance)).toEqual([
    { name: "models/deep/a", size: 7, mode: 0o644 & ~process.umask(), ...owner },
    { name: "table", size: 100, mode: 0o600, ...owner },
  ]);
});

test("open() takes each name that files() lists", async () => {
  const { instance, path } = await tmpfsInstance();
  mkdirSync(path("-folder"));
  writeFileSync(path("-folder/a"), "a");
  writeFileSync(path("-dash"), "a");
  writeFileSync(path("plain"), "a");
  const entries = await list(instance);
  expect(entries.map(({ name }) => name)).toEqual(["plain"]);
  for (const { name, size } of entries) expect((await instance.open(name)).size).toBe(size);
});

test("files and folders may go while they are listed", async () => {
  const { instance, path } = await tmpfsInstance();
  for (let index = 0; index < 50; index++) {
    mkdirSync(path(`folder${index}`));
    writeFileSync(path(`folder${index}/a`), "a");
    writeFileSync(path(`file${index}`), "a");
  }
  const seen: string[] = [];
  for await (const { name } of instance.files()) {
    seen.push(name);
    for (let index = 0; index < 50; index++) {
      rmSync(path(`folder${index}`), { recursive: true, force: true });
      rmSync(path(`file${index}`), { force: true });
    }
  }
  expect(seen.length).toBeLessThan(100);
});

test("a folder that is replaced by a file while it is listed is no error", async () => {
  const { instance, path } = await tmpfsInstance();
  for (let index = 0; index < 20; index++) {
    mkdirSync(path(`folder${index}`));
    writeFileSync(path(`folder${index}/a`), "a");
  }
  for await (const _ of instance.files()) {
    for (let index = 0; index < 20; index++) {
      rmSync(path(`folder${index}`), { recursive: true, force: true });
      writeFileSync(path("fresh"), "");
      renameSync(path("fresh"), path(`folder${index}`));
    }
  }
});

test("files() of a closed instance says so, also in the middle", async () => {
  const { instance, path } = await tmpfsInstance();
  await instance.create("a", { size: 1 });
  mkdirSync(path("folder"));
  await instance.create("folder/b", { size: 1 });
  const listing = instance.files();
  await listing.next();
  await instance.close();
  await expectError("ERR_FAMFS_CLOSED", async () => {
    for await (const _ of listing);
  });
  await expectError("ERR_FAMFS_CLOSED", () => list(instance), "open it again");
});
