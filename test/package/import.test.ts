import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as famfs from "famfs";
import { ERROR_CODES, FamfsError } from "famfs";
import { expect, onTestFinished, test } from "vitest";
import { ROOT, result, run } from "../support/child.js";

test("import loads no addon, starts no thread and opens nothing; the first use does", async () => {
  const seen = await result<Record<"before" | "threads" | "after", string[]>>(`
    import { readFileSync, readdirSync } from "node:fs";
    const addons = () => readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.includes("famfs.node"));
    const threads = () => readdirSync("/proc/self/task")
      .map((task) => readFileSync("/proc/self/task/" + task + "/comm", "utf8").trim())
      .filter((name) => name.startsWith("famfs"));
    const listeners = process.listenerCount("exit");
    const { createTmpfsInstance } = await import("famfs");
    const before = addons();
    const started = threads();
    if (process.listenerCount("exit") !== listeners) throw new Error("a listener was added");
    await (await createTmpfsInstance()).close();
    console.log(JSON.stringify({ before, threads: started, after: addons() }));`);
  expect(seen.before).toEqual([]);
  expect(seen.threads).toEqual([]);
  expect(seen.after.length).toBeGreaterThan(0);
});

test("import does not load yaml, the one package that it depends on", async () => {
  const seen = await result<Record<string, boolean>>(`
    import { register } from "node:module";
    const hook = 'export const resolve = (name, context, next) => { if (name === "yaml") throw new Error("asked for"); return next(name, context); };';
    register("data:text/javascript," + encodeURIComponent(hook));
    const loads = (name) => import(name).then(() => true, (error) => { if (error.message !== "asked for") throw error; return false; });
    console.log(JSON.stringify({ famfs: await loads("famfs"), testing: await loads("famfs/testing"), yaml: await loads("yaml") }));`);
  expect(seen).toEqual({ famfs: true, testing: true, yaml: false });
});

test("import sets no global and prints nothing", async () => {
  const ended = await run(`
    const before = Reflect.ownKeys(globalThis).length;
    await import("famfs");
    if (Reflect.ownKeys(globalThis).length !== before) throw new Error("a global was added");`);
  expect(ended).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

test("require() gives a CommonJS script the same package", () => {
  const folder = mkdtempSync(join(tmpdir(), "famfs-require-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  execFileSync("mkdir", [join(folder, "node_modules")]);
  symlinkSync(ROOT, join(folder, "node_modules/famfs"));
  const script = join(folder, "script.cjs");
  writeFileSync(
    script,
    `const famfs = require("famfs");
    (async () => {
      const instance = await famfs.openInstance(undefined, { fallback: "tmpfs" });
      const bytes = (await instance.create("a", { size: 10 })).map().bytes();
      await instance.close();
      const same = (await import("famfs")).FamfsError === famfs.FamfsError;
      console.log(JSON.stringify({ names: Object.keys(famfs).sort(), same, length: bytes.length }));
    })();`,
  );
  const output = execFileSync(process.execPath, ["--no-warnings", script], { encoding: "utf8" });
  const names = Object.keys(famfs).sort();
  expect(JSON.parse(output)).toEqual({ names: expect.arrayContaining(names) as string[], same: true, length: 0 });
});

test("the public exports are these", () => {
  const classes = [
    "BroadcastReader",
    "CommitWord",
    "FamfsError",
    "FamfsFile",
    "Instance",
    "Mapping",
    "MutexGuard",
    "Participant",
    "PcqQueue",
    "Segment",
    "SharedArray",
    "SharedAtomics",
    "SharedBarrier",
    "SharedBroadcast",
    "SharedCounter",
    "SharedMap",
    "SharedMutex",
    "SharedQueue",
    "SharedRecord",
  ];
  const functions = [
    "assertSameSchema",
    "capabilities",
    "createTmpfsInstance",
    "fullFence",
    "listInstances",
    "openHandle",
    "openInstance",
    "parseSchema",
    "storeFence",
  ];
  const scalars = [
    "bool",
    "f32",
    "f64",
    "i16",
    "i32",
    "i64",
    "i64Number",
    "i8",
    "u16",
    "u32",
    "u64",
    "u64Number",
    "u8",
  ];
  const schemas = ["array", "bits", "bytes", "struct", "toCHeader", "toCtypes", "utf8", "vector"];
  expect(Object.keys(famfs).sort()).toEqual(["ERROR_CODES", ...classes, ...functions, ...scalars, ...schemas].sort());
});

test("an error tells its code, name and cause, and survives structuredClone as an error", () => {
  const cause = new Error("cause");
  const error = new FamfsError("ERR_FAMFS_SYSTEM", "text", { errno: -5, syscall: "read", path: "/x", cause });
  expect(error).toMatchObject({ name: "FamfsError", code: "ERR_FAMFS_SYSTEM", errno: -5, syscall: "read", path: "/x" });
  expect(error.cause).toBe(cause);
  expect(String(error)).toBe("FamfsError: text");
  expect(structuredClone(error)).toBeInstanceOf(Error);
  const bare = new FamfsError("ERR_FAMFS_CLOSED", "text");
  expect(Object.keys(bare)).toEqual(["code"]);
  expect("cause" in bare).toBe(false);
});

test("every code has one sentence", () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^ERR_FAMFS_[A-Z]+(_[A-Z]+)*$/);
    expect(meaning).toMatch(/^[A-Z][^.]*\.$/);
  }
});

test("the package needs no install script, at run time yaml alone, and admits every system", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<string, unknown> & {
    scripts: Record<string, string>;
  };
  expect(Object.keys(manifest["dependencies"] as object)).toEqual(["yaml"]);
  for (const script of ["preinstall", "install", "postinstall"]) expect(manifest.scripts[script]).toBeUndefined();
  expect(manifest["os"]).toBeUndefined();
  expect(manifest["engines"]).toEqual({ node: ">=20.19" });
});
