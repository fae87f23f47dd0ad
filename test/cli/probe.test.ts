import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { famfsNode } from "../support/cli.js";
import { tmpfsInstance } from "../support/instance.js";

test("two probes on one host see no incoherence, and do not say coherent of the memory", async () => {
  const { path, name } = await tmpfsInstance();
  const file = path(name("probe"));
  const both = [famfsNode(["probe", file, "--tries", "100", "--json"]), famfsNode(["probe", file, "--tries", "100"])];
  const [json, text] = await Promise.all(both);
  expect(json?.code, json?.stderr).toBe(0);
  expect(text?.code, text?.stderr).toBe(0);
  const report = JSON.parse(json?.stdout ?? "");
  expect(report).toMatchObject({ file, sameHost: true, incoherenceSeen: false, usable: true });
  expect(report.compareAndSwap).toEqual({ increments: 200_000, lost: 0 });
  expect(report.ways).toHaveLength(4);
  for (const way of report.ways) expect(way.seen).toBe(way.tries);
  expect(report.finding).toBe("no incoherence seen in 800 tries");
  expect(text?.stdout).toContain("no incoherence seen in 800 tries");
  expect(text?.stdout).toMatch(/plain stores and loads +200 of 200 seen/);
  expect(existsSync(file)).toBe(false);
});

test("who is alone says so, with 1, and leaves nothing", async () => {
  const { path, name } = await tmpfsInstance();
  const file = path(name("probe"));
  const { code, stderr } = await famfsNode(["probe", file, "--timeout", "0.3"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/did not answer within 0.3 s.*ERR_FAMFS_TIMEOUT/);
  expect(existsSync(file)).toBe(false);
});

test("Ctrl-C ends it without a word, and it leaves nothing", async () => {
  const { path, name } = await tmpfsInstance();
  const file = path(name("probe"));
  const { code, signal, stdout, stderr } = await famfsNode(["probe", file], {
    onStart: (child) => {
      child.stderr?.once("data", () => child.kill("SIGINT"));
    },
  });
  expect([code, signal, stdout]).toEqual([null, "SIGINT", ""]);
  expect(stderr).toMatch(/^\S+: waiting for the other side[^\n]*\n$/);
  expect(existsSync(file)).toBe(false);
});

test.each([[[]], [["--as", "second"]], [["--as", "first"]]])("another's file is left alone %j", async (options) => {
  const { path, name } = await tmpfsInstance();
  const file = path(name("data"));
  const content = Buffer.alloc(65_536, "precious");
  writeFileSync(file, content);
  const { code, stderr } = await famfsNode(["probe", file, "--timeout", "0.3", ...options]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/ERR_FAMFS_EXISTS/);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test("a file that is too short, or a place that is no instance, is an error with its code", async () => {
  const { path, name } = await tmpfsInstance();
  const short = path(name("short"));
  writeFileSync(short, "x");
  expect((await famfsNode(["probe", short, "--timeout", "0.3"])).stderr).toMatch(/ERR_FAMFS_/);
  const nowhere = await famfsNode(["probe", "/proc/self/probe"]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toMatch(/ERR_FAMFS_UNSUPPORTED_FILESYSTEM/);
});
