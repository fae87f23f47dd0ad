import { join } from "node:path";
import { expect, test } from "vitest";
import { famfsNode } from "../support/cli.js";
import { tmpfsInstance } from "../support/instance.js";

test("a file is told with its size, mode and owner, and its instance", async () => {
  const { instance } = await tmpfsInstance();
  await instance.create("table", { size: 8_000_000 });
  const path = join(instance.path, "table");
  const { code, stdout, stderr } = await famfsNode(["stat", path]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^file +\/dev\/shm\/\S+\/table$/m);
  expect(stdout).toMatch(/^size +8,000,000 bytes \(7\.6 MiB\)$/m);
  expect(stdout).toMatch(/^mode +0644 -rw-r--r--$/m);
  expect(stdout).toMatch(/^owner +\S+ \(\d+\), group \S+ \(\d+\)$/m);
  expect(stdout).toMatch(/^kind +tmpfs$/m);
  expect(stdout).toMatch(/^coherence +coherent$/m);
  const json = await famfsNode(["stat", "--json", path]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    file: { path, name: "table", size: 8_000_000, mode: "0644", symbolic: "-rw-r--r--" },
    instance: { path: instance.path, kind: "tmpfs", coherence: "coherent", files: 1, bytes: 8_000_000 },
  });
});

test("an instance is told with how much it holds, and has no file", async () => {
  const { instance } = await tmpfsInstance();
  const { code, stdout } = await famfsNode(["stat", "--json"], { env: { FAMFS_PATH: instance.path } });
  expect(code).toBe(0);
  const told = JSON.parse(stdout);
  expect(told).not.toHaveProperty("file");
  expect(told.instance).toMatchObject({ path: instance.path, files: 0, bytes: 0, mapAlignment: 4096 });
  expect(told.instance.space.size).toBeGreaterThanOrEqual(told.instance.space.free);
  const text = await famfsNode(["stat", instance.path]);
  expect(text.stdout).toMatch(/^files +0, together 0 bytes$/m);
  expect(text.stdout).not.toMatch(/^file /m);
});

test("coherence is told as it is declared", async () => {
  const { instance } = await tmpfsInstance();
  const { stdout } = await famfsNode(["stat", instance.path], { env: { FAMFS_COHERENCE: "incoherent" } });
  expect(stdout).toMatch(/^coherence +incoherent$/m);
});

test("what does not exist is one line with a code, and 1", async () => {
  const { instance } = await tmpfsInstance();
  const { code, stdout, stderr } = await famfsNode(["stat", join(instance.path, "none")]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^famfs-node stat: [^\n]*\(ERR_FAMFS_NOT_FOUND\)\n$/);
});
