import { expect } from "vitest";
import { DEVICE } from "./harness/device.js";
import { program, scenario } from "./harness/scenario.js";

const famfsNode = (...args: string[]) => [process.execPath, "dist/cli.js", ...args];

scenario("probe between two hosts sees no incoherence, says so on both, and leaves zeros", async ({ a, b }) => {
  const side = (role: string) => famfsNode("probe", DEVICE, "--as", role, "--tries", "50", "--json");
  const both = await Promise.all([a.run(side("first")), b.run(side("second"))]);
  for (const { code, stdout, stderr } of both) {
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ file: DEVICE, sameHost: false, incoherenceSeen: false, usable: true });
    expect(report.compareAndSwap).toEqual({ increments: 200_000, lost: 0 });
  }
  for (const offset of ["0", "16", "4096", "8192", "16384"])
    expect((await b.run([program("dax-word"), DEVICE, "load", offset])).stdout).toBe("0\n");
});

scenario("probe needs to be told which side it is, and leaves other people's data alone", async ({ a, store }) => {
  const alone = await a.run(famfsNode("probe", DEVICE));
  expect(alone).toMatchObject({ code: 2, stdout: "" });
  expect(alone.stderr).toMatch(/--as first/);
  // Not at the start.
  store(40_000, Buffer.from("precious"));
  const refused = await a.run(famfsNode("probe", DEVICE, "--as", "first", "--timeout", "1"));
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(/ERR_FAMFS_EXISTS/);
});

scenario("ls, stat and doctor describe a dax device", async ({ a }) => {
  const told = async (command: string) => {
    const { stdout, stderr } = await a.run(famfsNode(command, "--json", DEVICE));
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };
  expect(await told("ls")).toMatchObject({ instance: { path: DEVICE, kind: "devdax" }, files: [{ name: "dax0.0" }] });
  expect(await told("stat")).toMatchObject({ instance: { kind: "devdax", devices: [{ path: DEVICE }] } });
  const { findings } = (await told("doctor")) as { findings: { id: string; level: string; instance?: string }[] };
  const bad = findings.filter(({ id, level }) => id !== "mapping.latency" && ["problem", "warning"].includes(level));
  expect(bad).toEqual([]);
  const ids = findings.filter(({ instance }) => instance === DEVICE).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["opening.instance", "files.access", "mapping.latency"]));
});
