import { expect } from "vitest";
import { DEVICE } from "./harness/device.js";
import type { Guest } from "./harness/guest.js";
import { scenario } from "./harness/scenario.js";
import { formatting, opening, Session } from "./harness/session.js";

/** In milliseconds. Longer than a busy machine keeps a thread from running, we hope: who is taken for silent is fenced. */
const LEASE = 3000;

const join = (host: number, options = "") =>
  `our.participant = await our.segment.join({ host: ${host}, lease: ${LEASE}${options} });
   const { host, slot, incarnation } = our.participant;
   return [host, slot, incarnation];`;

/** By index; found out in two leases and a bit by who has not looked yet. */
const STANDINGS = `
  const standings = () => our.segment.participants().map(({ index, standing }) => index + " " + standing);`;

/** Returns when they are so. */
const until = (standings: string[]) => `${STANDINGS}
  const wanted = ${JSON.stringify(standings)}.join();
  const end = performance.now() + 50_000;
  while (standings().join() !== wanted && performance.now() < end) await sleep(20);
  return standings();`;

const MAKE = `
  const who = our.participant;
  const record = struct({ version: u32, copy: u32 });
  our.any = await SharedRecord.create(who, "any", { record, writers: "any" });
  our.record = await SharedRecord.create(who, "record", { record, host: 1 });
  our.counter = await SharedCounter.create(who, "counter");
  our.atomics = await SharedAtomics.create(who, "atomics", { element: u32, length: 1, operationTimeout: 60_000 });`;

const openAll = (role: string) => `
  const who = our.participant;
  const record = struct({ version: u32, copy: u32 });
  our.any = SharedRecord.open(who, "any", { record });
  our.record = SharedRecord.open(who, "record", { record, role: ${role} });
  our.counter = SharedCounter.open(who, "counter");
  our.atomics = SharedAtomics.open(who, "atomics", { element: u32, operationTimeout: 60_000 });`;

/** What everybody sees, with the record's newest version. */
const SEEN = `
  const { version, copy } = our.record.tryRead();
  return { whole: version === copy, version, counter: our.counter.value, atomic: our.atomics.load(0) };`;

const write = (version: number) => `our.record.write({ version: ${version}, copy: ${version} });`;

scenario("a host that loses its power is silent, and after its boot known dead; its roles go on", async (stage) => {
  const { a, b, reboot } = stage;
  const one = new Session(a);
  await one.run(formatting());
  expect(await one.run(join(0))).toEqual([0, 0, 1]);
  await one.run(MAKE);
  const [first, second] = [new Session(b), new Session(b)];
  expect(await first.run(`${opening()} ${join(1)}`)).toEqual([1, 0, 1]);
  await first.run(`${openAll('"writer"')} ${write(1)} our.counter.add(5); our.atomics.add(0, 5);`);
  expect(await second.run(`${opening()} ${join(1)}`)).toEqual([1, 1, 1]);
  expect(await second.failure(openAll('"writer"'))).toMatch(/^ERR_FAMFS_ROLE_TAKEN/);

  // A process dies: its sibling marks it for the other host, and takes its role.
  await first.kill();
  expect(await one.run(until(["0 alive", "4 dead", "5 alive"]))).toEqual(["0 alive", "4 dead", "5 alive"]);
  await second.run(`${openAll('"writer"')} ${write(2)} our.counter.add(6); our.atomics.add(0, 6);`);
  expect(await one.run(SEEN)).toEqual({ whole: true, version: 2, counter: 11, atomic: 11 });

  // Cut off while it writes as fast as it can.
  await second.run(`
    let version = 2;
    setImmediate(function more() {
      for (let i = 0; i < 10; i++, version++) our.record.write({ version, copy: version });
      setImmediate(more);
    });`);
  await one.run(`while (our.record.version < 100) await sleep(10);`);
  await b.kill();
  expect(await one.run(until(["0 alive", "4 dead", "5 silent"]))).toEqual(["0 alive", "4 dead", "5 silent"]);
  const left = await one.run<{ version: number }>(SEEN);
  expect(left).toMatchObject({ whole: true, counter: 11, atomic: 11 });
  expect(left.version).toBeGreaterThan(50);
  expect(await one.failure(`${openAll('"writer"')}`)).toMatch(/^ERR_FAMFS_ROLE_ELSEWHERE/);
  await one.run(`our.counter.add(1); our.atomics.add(0, 1);`);

  // Its clock is years ahead, and nobody minds.
  await reboot(b, { clock: "2033-04-05T06:07:08" });
  const again = new Session(b);
  expect(await again.run(`${opening()} ${join(1)}`)).toEqual([1, 0, 2]);
  expect(await one.run(until(["0 alive", "4 alive", "5 dead"]))).toEqual(["0 alive", "4 alive", "5 dead"]);
  await again.run(openAll('"writer"'));
  expect(await again.run(SEEN)).toEqual({ ...left, counter: 12, atomic: 12 });
  await again.run(`${write(1_000_000)} our.counter.add(1); our.atomics.add(0, 1);`);
  expect(await one.run(SEEN)).toEqual({ whole: true, version: 1_000_000, counter: 13, atomic: 13 });
  expect(await inspected(a)).toMatchObject([
    { host: 0, slot: 0, incarnation: 1 },
    { host: 1, slot: 0, incarnation: 2, joinedAt: expect.stringMatching(/^2033-/) },
    { host: 1, slot: 1, incarnation: 1, standing: "dead" },
  ]);
});

async function inspected(guest: Guest): Promise<unknown> {
  const { stdout } = await guest.run([process.execPath, "dist/cli.js", "inspect", "--json", DEVICE]);
  return JSON.parse(stdout).participants;
}

/** Stops here in mid-operation, without the event loop, until somebody says go on. */
const hangAt = (point: string) => `
  const { existsSync } = process.getBuiltinModule("node:fs");
  atFailPoint("${point}", () => {
    send("${point}");
    while (!existsSync("/run/go-on"));
    atFailPoint("${point}", undefined);
  });`;

scenario("who was stopped beyond its lease is fenced, and what it stores late changes nothing", async ({ a, b }) => {
  const [one, first, second] = [new Session(a), new Session(b), new Session(b)];
  await one.run(`${formatting()} ${join(0)}`);
  await one.run(MAKE);
  for (const session of [first, second]) await session.run(`${opening()} ${join(1)}`);
  for (const session of [first, second]) await session.run(openAll("undefined"));
  await first.run(`our.atomics.store(0, 100);`);

  // Inside the lock, about to store; and about to write under a token that is going to be old.
  first.begin(`${hangAt("atomics.store")} our.atomics.add(0, 1);`);
  second.begin(`${hangAt("record.slot")} our.any.write({ version: 5, copy: 5 }, { token: 5 });`);
  expect([await first.message(), await second.message()]).toEqual(["atomics.store", "record.slot"]);
  await b.stop();
  expect(await one.run(`return our.atomics.add(0, 10);`)).toBe(100);
  await one.run(`our.any.write({ version: 6, copy: 6 }, { token: 6 });`);
  await b.cont();
  await b.run("touch /run/go-on");
  expect(await first.message()).toMatchObject({ error: { code: "ERR_FAMFS_FENCED" } });
  expect(await second.message()).toEqual({ value: null });
  const values = `return [our.atomics.load(0), our.any.tryRead().version];`;
  for (const session of [one, first, second]) expect(await session.run(values)).toEqual([110, 6]);

  // Fenced for good, until it joins again.
  expect(await first.failure(`our.atomics.add(0, 1);`)).toMatch(/^ERR_FAMFS_FENCED/);
  const rejoined = await first.run<number[]>(`await our.participant.leave(); ${join(1)}`);
  expect(rejoined).toEqual([1, 0, 2]);
  expect(await first.run(`${openAll("undefined")} return our.atomics.add(0, 1);`)).toBe(110);
  await second.run(`our.atomics.add(0, 1);`);
  expect(await one.run(`return our.atomics.load(0);`)).toBe(112);
});

scenario("an index is one machine's, until an operator gives it to another", async ({ a, b, reboot }) => {
  const [one, other] = [new Session(a), new Session(b)];
  await one.run(formatting());
  expect(await one.run(join(0))).toEqual([0, 0, 1]);
  const [machine] = (await a.run("cat /etc/machine-id")).stdout.split("\n");
  await other.run(opening());
  const refused = await other.failure(join(0));
  expect(refused).toMatch(/^ERR_FAMFS_HOST_TAKEN/);
  expect(refused).toContain(machine);
  expect(await other.failure(join(0, ", replaceHost: true"))).toMatch(/^ERR_FAMFS_HOST_TAKEN .*moves/);

  await a.kill();
  // Its lease goes by first.
  expect(await other.run(join(0, ", replaceHost: true"))).toEqual([0, 0, 2]);
  await other.run(`await SharedCounter.create(our.participant, "counter");`);
  await reboot(a);
  const back = new Session(a);
  expect(await back.failure(`${opening()} ${join(0)}`)).toMatch(/^ERR_FAMFS_HOST_TAKEN/);
  expect(await back.run(join(1))).toEqual([1, 0, 1]);
  await back.run(`SharedCounter.open(our.participant, "counter").add(7);`);
  expect(await other.run(`return SharedCounter.open(our.segment, "counter").value;`)).toBe(7);
});
