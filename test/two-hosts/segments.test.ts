import { expect } from "vitest";
import { DEVICE } from "./harness/device.js";
import { scenario } from "./harness/scenario.js";
import { formatting, opening, Session } from "./harness/session.js";

const famfsNode = (...args: string[]) => [process.execPath, "dist/cli.js", ...args];

scenario("a segment formatted on one host opens on the other, a left-over only without its uuid", async ({ a, b }) => {
  const [one, other] = [new Session(a), new Session(b)];
  expect(await other.failure(opening("incoherent", { timeout: 100 }))).toMatch(/^ERR_FAMFS_TIMEOUT/);
  const waiting = other.run<string>(`${opening()} return our.segment.uuid;`);
  const first = await one.run<string>(`${formatting()} return our.segment.uuid;`);
  expect(await waiting).toBe(first);
  expect(await one.failure(formatting())).toMatch(/^ERR_FAMFS_EXISTS/);
  const second = await one.run<string>(
    `${formatting().replace("force: false", "force: true")} return our.segment.uuid;`,
  );
  expect(second).not.toBe(first);
  expect(await other.run(`${opening()} return our.segment.uuid;`)).toBe(second);
  expect(await other.failure(opening("incoherent", { uuid: first, timeout: 100 }))).toMatch(/^ERR_FAMFS_TIMEOUT/);
  expect(await other.run(`${opening("incoherent", { uuid: second })} return our.segment.uuid;`)).toBe(second);
  expect(await other.failure(`our.instance = undefined; ${opening("coherent")}`)).toMatch(
    /^ERR_FAMFS_COHERENCE_MISMATCH/,
  );
});

/** Opens what {@link MAKE} makes. Each host has the record of the other's role for reading. */
const OPEN = `
  const open = { element: u32, operationTimeout: 60_000 };
  const record = struct({ version: u32, copies: vector(u32, 100) });
  const who = our.participant;
  our.record = SharedRecord.open(who, "record", { record, role: who.host === 0 ? "writer" : undefined });
  our.any = SharedRecord.open(who, "any", { record });
  our.counter = SharedCounter.open(who, "counter");
  our.atomics = SharedAtomics.open(who, "atomics", open);`;

const MAKE = `
  const record = struct({ version: u32, copies: vector(u32, 100) });
  const who = our.participant;
  await SharedRecord.create(who, "record", { record });
  await SharedRecord.create(who, "any", { record, writers: "any" });
  await SharedCounter.create(who, "counter");
  await SharedAtomics.create(who, "atomics", { element: u32, length: 2 });`;

/** Both begin when both are there. */
const MEET = `
  our.counter.add(1);
  while (our.counter.value < 2) await sleep(1);`;

/** Values whose fields are not all of one version. */
const TORN = `
  let torn = 0;
  let back = 0;
  let seen = 0;
  const look = (value) => {
    if (value === undefined) return;
    const { version, copies } = value.toObject();
    if (copies.some((copy) => copy !== version)) torn++;
    if (version < seen) back++;
    seen = version;
  };`;

for (const coherence of ["incoherent", "coherent"] as const) {
  scenario(`records, counters and atomics work across hosts in ${coherence} mode`, async ({ a, b }) => {
    const [one, other] = [new Session(a), new Session(b)];
    const join = (host: number) => `
      our.participant = await our.segment.join({ lease: 20_000, name: "${"ab"[host]}"${coherence === "incoherent" ? `, host: ${host}` : ""} });
      return our.participant.index;`;
    await one.run(formatting(coherence));
    expect(await one.run(join(0))).toBe(0);
    expect(await other.run(`${opening(coherence)} ${join(1)}`)).toBe(4);

    // One name, two creators.
    const create = `return SharedCounter.create(our.participant, "one of two").then(() => "made", ({ code }) => code);`;
    const made = await Promise.all([one.run(create), other.run(create)]);
    expect([...made].sort()).toEqual(["ERR_FAMFS_EXISTS", "made"]);
    await one.run(MAKE);
    await Promise.all([one.run(OPEN), other.run(OPEN)]);
    const names = await other.run(`return our.segment.entries().map(({ name }) => name);`);
    expect(names).toEqual(["any", "atomics", "counter", "one of two", "record"]);
    expect(
      await other.failure(
        `SharedRecord.open(our.participant, "record", { record: our.record.schema, role: "writer" })`,
      ),
    ).toMatch(/^ERR_FAMFS_ROLE_ELSEWHERE/);

    const [, read] = await Promise.all([
      one.run(`${MEET}
        for (let version = 1; version <= 300; version++) {
          our.record.write({ version, copies: new Uint32Array(100).fill(version) });
          our.counter.add(version % 2 === 0 ? -1 : 2);
          if (version % 6 === 0) our.atomics.add(0, 1);
        }`),
      other.run<{ torn: number; back: number; last: number }>(`${MEET} ${TORN}
        for (let round = 1; round <= 300; round++) {
          look(our.record.tryRead());
          our.counter.add(round % 2 === 0 ? -1 : 2);
          if (round % 6 === 0) our.atomics.add(0, 1);
        }
        while (seen < 300) look(await our.record.read({ timeout: 60_000 }));
        return { torn, back, last: our.record.version };`),
    ]);
    expect(read).toEqual({ torn: 0, back: 0, last: 300 });
    const sums = `return [our.counter.value, our.atomics.load(0)];`;
    expect(await Promise.all([one.run(sums), other.run(sums)])).toEqual([
      [302, 100],
      [302, 100],
    ]);

    // The token decides, not who wrote last.
    const write = (token: number) =>
      `our.any.write({ version: ${token}, copies: new Uint32Array(100).fill(${token}) }, { token: ${token} });`;
    await one.run(write(3));
    await other.run(write(2));
    const version = `return our.any.tryRead().version;`;
    expect(await Promise.all([one.run(version), other.run(version)])).toEqual([3, 3]);
    await other.run(write(4));
    expect(await one.run(version)).toBe(4);

    // Who waits sees the other's store.
    const woken = other.run(`return our.atomics.wait(1, 0, { timeout: 60_000 });`);
    await one.run(`our.atomics.compareExchange(1, 0, 9); our.atomics.notify(1);`);
    expect(["ok", "not-equal"]).toContain(await woken);

    const inspected = await b.run(famfsNode("inspect", "--json", DEVICE));
    expect(inspected.stderr).toBe("");
    const told = JSON.parse(inspected.stdout);
    expect(told).toMatchObject({ kind: "devdax", header: { coherence } });
    expect(told.hosts).toHaveLength(2);
    expect(new Set(told.hosts.map(({ machineId }: { machineId: string }) => machineId)).size).toBe(2);
    expect(told.participants).toMatchObject([{ name: "a" }, { name: "b" }]);
    if (coherence === "coherent") return;
    const { findings } = JSON.parse((await a.run(famfsNode("doctor", "--json", DEVICE))).stdout);
    expect(findings.filter(({ level }: { level: string }) => level === "problem")).toEqual([]);
  });
}
