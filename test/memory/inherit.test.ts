import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { openHandle } from "famfs";
import { expect, test } from "vitest";
import { testInstance } from "../support/instance.js";
import { descriptorsOf } from "../support/proc.js";

test("a child process inherits no descriptor of a file, an instance or a mapping", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  const created = await instance.create(fresh, { size: 4096 });
  const opened = await instance.open(fresh);
  const mapping = created.map();
  mapping.bytes()[0] = 1;
  const byHandle = await openHandle(mapping.handle());
  const reserving = instance.create(name(), { size: 20 << 20 });
  expect(descriptorsOf(instance.path).length).toBeGreaterThanOrEqual(3);
  const child = spawnSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  expect(child.status).toBe(0);
  expect(child.stdout).toContain("->");
  expect(child.stdout).not.toContain(instance.path);
  await reserving;
  expect([opened.closed, byHandle.closed]).toEqual([false, false]);
});

test("every descriptor below an instance is marked close-on-exec", async () => {
  const { instance, name } = await testInstance();
  const file = await instance.create(name(), { size: 4096 });
  file.map();
  const { readFileSync } = await import("node:fs");
  const flags = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      if (!readlinkSync(`/proc/self/fd/${fd}`).startsWith(instance.path)) return [];
      return [Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0", 8)];
    } catch {
      return [];
    }
  });
  expect(flags.length).toBeGreaterThan(0);
  for (const flag of flags) expect(flag & 0o2000000).toBe(0o2000000);
});
