import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LinkedFolder, linkedFolder } from "../support/linked-folder.js";

interface Run {
  readonly child: ChildProcess;
  /** Settles when the demo has ended. */
  readonly end: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

let example: LinkedFolder;
let instance: string;
const children = new Set<ChildProcess>();

beforeAll(() => {
  example = linkedFolder("examples/shared-table");
});
afterAll(() => example.remove());
beforeEach(() => {
  instance = mkdtempSync("/dev/shm/demo-test-");
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  rmSync(instance, { recursive: true, force: true });
});

function demo(args: string[], environment: NodeJS.ProcessEnv = { FAMFS_PATH: instance }): Run {
  const { FAMFS_PATH: _, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  const child = spawn(process.execPath, [join(example.path, "main.js"), ...args], { env, detached: true });
  children.add(child);
  const end = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]).then(
    ([[code, signal], stdout, stderr]) => ({ code, signal, stdout, stderr }),
  );
  return { child, end };
}

function readersOf({ child }: Run): number[] {
  const list = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  return list === "" ? [] : list.split(" ").map(Number);
}

/** Readers that were just started: they are far from done. */
async function startedReaders(run: Run): Promise<number[]> {
  for (;;) {
    const readers = readersOf(run);
    if (readers.length > 0) return readers;
    await setTimeout(1);
  }
}

async function expectGone(pids: number[]): Promise<void> {
  const left = () => pids.filter((pid) => isRunning(pid));
  for (let wait = 0; wait < 200 && left().length > 0; wait++) await setTimeout(10);
  expect(left()).toEqual([]);
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const privateInstancesOf = (pid: number | undefined) =>
  readdirSync("/dev/shm").filter((name) => name.startsWith("famfs-") && name.split("-").includes(String(pid)));

describe("the shared-table demo", () => {
  test("reads one table in three ways, with results that agree, and leaves nothing in the instance", async () => {
    const { code, stdout, stderr } = await demo(["--rows", "20000", "--seed", "7"]).end;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("20,000 rows x 8 float32, 0.6 MiB, seed 7");
    expect(stdout).toContain(`${instance} (tmpfs)`);
    for (const way of ["famfs mapping", "fs.readFile", "Node IPC"]) {
      expect(stdout).toMatch(new RegExp(`^  ${way} +[\\d,]+\\.\\d +[\\d,]+\\.\\d +[\\d,]+ +-?[\\d,]+\\.\\d$`, "m"));
    }
    expect(stdout).toContain("All 9 readers came to these results, the same in every bit.");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain("\x1b");
    expect(readdirSync(instance)).toEqual([]);
  });

  test("gives the same statistics for the same seed, and others for another", async () => {
    const statistics = async (seed: string) => {
      const { stdout } = await demo(["--rows", "1000", "--seed", seed]).end;
      return stdout.slice(stdout.indexOf("column"));
    };
    const [first, again, other] = [await statistics("1"), await statistics("1"), await statistics("2")];
    expect(first).toContain("temperature");
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test("makes a private instance where FAMFS_PATH names none, and removes it", async () => {
    const run = demo(["--rows", "1000"], {});
    const { code, stdout } = await run.end;
    expect(code).toBe(0);
    expect(stdout).toMatch(/in {8}\/dev\/shm\/famfs-\S+ \(tmpfs\)/);
    expect(privateInstancesOf(run.child.pid)).toEqual([]);
  });

  test("says so where FAMFS_PATH is no instance and a private one is used", async () => {
    const { code, stdout } = await demo(["--rows", "1000"], { FAMFS_PATH: example.path }).end;
    expect(code).toBe(0);
    expect(stdout).toContain(`FAMFS_PATH=${example.path} is no directory on tmpfs`);
    expect((await demo(["--rows", "1000"]).end).stdout).not.toContain("FAMFS_PATH");
  });

  test("ends quietly when nobody reads its output any more", async () => {
    const run = demo(["--rows", "100000"]);
    run.child.stdout?.once("data", () => run.child.stdout?.destroy());
    run.end.catch(() => undefined); // its output is cut off
    await once(run.child, "exit");
    expect(run.child.exitCode).toBe(0);
    expect(readdirSync(instance)).toEqual([]);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`ends its readers and leaves nothing behind on ${signal}`, async () => {
      const code = signal === "SIGINT" ? 130 : 143;
      for (const environment of [{ FAMFS_PATH: instance }, {}]) {
        const run = demo(["--rows", "100000"], environment);
        const readers = await startedReaders(run);
        run.child.kill(signal);
        expect((await run.end).code).toBe(code);
        await expectGone(readers);
        expect(readdirSync(instance)).toEqual([]);
        expect(privateInstancesOf(run.child.pid)).toEqual([]);
      }
    });
  }

  test("leaves nothing behind when it is interrupted while it writes the table", async () => {
    const run = demo(["--rows", "2000000"]);
    while (readdirSync(instance).length === 0) await setTimeout(1);
    run.child.kill("SIGINT");
    expect((await run.end).code).toBe(130);
    expect(readdirSync(instance)).toEqual([]);
  });

  test("says which reader died, exits with 1 and leaves nothing behind", async () => {
    const run = demo(["--rows", "100000"]);
    const readers = await startedReaders(run);
    process.kill(readers[0] as number, "SIGKILL");
    const { code, stderr } = await run.end;
    expect(stderr).toContain(`reader process ${readers[0]} was killed by SIGKILL`);
    expect(code).toBe(1);
    await expectGone(readers);
    expect(readdirSync(instance)).toEqual([]);
  });

  test("leaves no reader running when it is killed itself", async () => {
    const run = demo(["--rows", "100000"]);
    const readers = await startedReaders(run);
    run.child.kill("SIGKILL");
    expect((await run.end).signal).toBe("SIGKILL");
    await expectGone(readers);
  });

  test("--help tells of every option and does nothing", async () => {
    const { code, stdout, stderr } = await demo(["--help"]).end;
    expect([code, stderr]).toEqual([0, ""]);
    for (const word of ["--rows", "--seed", "--help", "FAMFS_PATH", "NO_COLOR"]) expect(stdout).toContain(word);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("refuses arguments it does not understand with exit code 2", async () => {
    const wrong = [["--rows", "0"], ["--rows", "many"], ["--rows", "16777217"], ["--rows"], ["--seed", "-1"]];
    for (const args of [...wrong, ["--seed", "4294967296"], ["--columns", "3"], ["table"]]) {
      const { code, stdout, stderr } = await demo(args).end;
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toMatch(/^shared-table: .+\nTry --help\.\n$/s);
    }
  });
});

describe("its statistics", () => {
  test("are those of the textbook's formulas", async () => {
    const load = (name: string) => import(pathToFileURL(join(example.path, name)).href);
    const [{ statistics, agree }, { generate }, { COLUMNS }] = await Promise.all(
      ["statistics.js", "generate.js", "table.js"].map(load),
    );
    const rows = 3_001;
    const table = new Float32Array(rows * COLUMNS.length);
    await generate(table, 5);
    const result: Float64Array = statistics(table);
    for (let column = 0; column < COLUMNS.length; column++) {
      const values = Array.from({ length: rows }, (_, row) => table[row * COLUMNS.length + column] as number);
      const mean = values.reduce((sum, value) => sum + value) / rows;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
      const [found, min, max, stddev] = result.subarray(column * 4, column * 4 + 4) as unknown as number[];
      expect(found).toBeCloseTo(mean, 6);
      expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
      expect(stddev).toBeCloseTo(Math.sqrt(variance), 6);
    }
    const other = result.slice();
    other[3] = (other[3] as number) * (1 + Number.EPSILON);
    expect(agree([result, result.slice()])).toBe(true);
    expect(agree([result, other])).toBe(false);
  });
});
