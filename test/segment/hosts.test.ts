import type { Segment } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { asMachine } from "../support/machine.js";
import { REAL_MODES } from "../support/modes.js";
import { cannotMount, named } from "../support/requirements.js";
import { joined, LEASE, type PeerOptions, type TestSegment, testSegment } from "../support/segment.js";

const A = { machineId: "a".repeat(32), bootId: "00000000-0000-4000-8000-00000000000a" };
const B = { machineId: "b".repeat(32), bootId: "00000000-0000-4000-8000-00000000000b" };
const A_RESTARTED = { ...A, bootId: "00000000-0000-4000-8000-0000000000a2" };

const JOIN = `
  const join = (options) => segment.join({ lease: ${LEASE}, ...options }).then(
    ({ host, slot, index, incarnation }) => ({ host, slot, index, incarnation }),
    ({ code, message }) => ({ code, message }));`;

/** Joins in a process of another machine; resolves to what became of it, and the process goes on. */
async function joinAs(machine: typeof A, { peer }: TestSegment, join: object, options: PeerOptions = {}) {
  const script = `${JOIN} await tell(await join(${JSON.stringify(join)})); await command();`;
  const child = peer(script, { ...options, join: false, wrapper: asMachine(machine) });
  return { child, result: await child.message() };
}

const standings = (segment: Segment) => segment.participants().map(({ index, standing }) => [index, standing]);

describe.each(REAL_MODES)("hosts on %s memory", (mode) => {
  test(named("an index belongs to one machine; another one is refused", cannotMount), {
    skip: cannotMount !== undefined,
  }, async () => {
    const set = await testSegment(mode);
    const first = await joinAs(A, set, { host: 1 });
    expect(first.result).toEqual({ host: 1, slot: 0, index: 4, incarnation: 1 });
    const second = await joinAs(B, set, { host: 1 });
    expect(second.result).toMatchObject({ code: "ERR_FAMFS_HOST_TAKEN" });
    const { message } = second.result as { message: string };
    expect(message).toContain(A.machineId);
    expect(message).toContain(B.machineId);
    const replacing = await joinAs(B, set, { host: 1, replaceHost: true });
    expect(replacing.result).toMatchObject({ code: "ERR_FAMFS_HOST_TAKEN", message: expect.stringContaining("moves") });
    const sibling = await joinAs(A, set, { host: 1 });
    expect(sibling.result).toEqual({ host: 1, slot: 1, index: 5, incarnation: 1 });
  });

  test(named("a machine that restarted has its index back, and everybody of before is dead", cannotMount), {
    skip: cannotMount !== undefined,
  }, async () => {
    const set = await testSegment(mode);
    const before = await joinAs(A, set, { host: 1 });
    // A restart ends everything at once; here a process that is stopped and killed stands for it.
    before.child.process.kill("SIGKILL");
    await before.child.ended;
    const after = await joinAs(A_RESTARTED, set, { host: 1 });
    expect(after.result).toEqual({ host: 1, slot: 0, index: 4, incarnation: 2 });
    expect(standings(set.segment)).toEqual([[4, "alive"]]);
  });

  test(named("a machine that only looks dead keeps its index; one that is gone can be replaced", cannotMount), {
    skip: cannotMount !== undefined,
  }, async () => {
    const set = await testSegment(mode);
    const before = await joinAs(A, set, { host: 1 });
    const again = await joinAs(A_RESTARTED, set, { host: 1 });
    expect(again.result).toMatchObject({ code: "ERR_FAMFS_HOST_TAKEN", message: expect.stringContaining("moves") });
    before.child.process.kill("SIGSTOP");
    const replacing = await joinAs(B, set, { host: 1, replaceHost: true });
    expect(replacing.result).toMatchObject({ host: 1, incarnation: expect.any(Number) });
    // The slot's lock is still held, so another slot was taken; whoever comes back there is fenced.
    expect(standings(set.segment)).toEqual([
      [4, "dead"],
      [5, "alive"],
    ]);
  });

  test("a participant that was declared dead is fenced, and nobody else", async () => {
    const set = await testSegment(mode);
    const operator = await joined(set.segment, 0);
    const victim = set.peer(
      `await tell(participant.index); await command();
       const make = () => codeOf(SharedArray.create(participant, "late", { element: u32, length: 1 }));
       await tell([await make(), await make()]);
       await participant.leave();
       const again = await segment.join({ host: 1, lease: ${LEASE} });
       await tell(await codeOf(SharedArray.create(again, "new", { element: u32, length: 1 })));`,
      { host: 1 },
    );
    expect(await victim.message()).toBe(4);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => operator.declareDead(0));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => operator.declareDead(2));
    operator.declareDead(1);
    victim.send("go on");
    expect(await victim.message()).toEqual(["ERR_FAMFS_FENCED", "ERR_FAMFS_FENCED"]);
    expect(await victim.message()).toBe("done");
    expect(set.segment.entries().map(({ name }) => name)).toEqual(["new"]);
  });
});

test("on incoherent memory the index must be configured, on coherent memory it need not", async () => {
  const incoherent = await testSegment("incoherent");
  await expectError("ERR_FAMFS_HOST_REQUIRED", () => incoherent.segment.join(), "from 0 to 1");
  const child = incoherent.peer(`await tell((await segment.join()).host);`, { join: false, env: { FAMFS_HOST: "1" } });
  expect(await child.message()).toBe(1);
  const coherent = await testSegment("coherent");
  const first = await coherent.segment.join();
  const second = await coherent.segment.join();
  expect([first.host, second.host, second.slot]).toEqual([0, 0, 1]);
});

test(named("on coherent memory each machine finds an index, and its own again", cannotMount), {
  skip: cannotMount !== undefined,
}, async () => {
  const set = await testSegment("coherent");
  const a = await joinAs(A, set, {});
  expect(a.result).toMatchObject({ host: 0 });
  const b = await joinAs(B, set, {});
  expect(b.result).toMatchObject({ host: 1 });
  const sibling = await joinAs(B, set, {});
  expect(sibling.result).toMatchObject({ host: 1, slot: 1 });
  a.child.process.kill("SIGKILL");
  await a.child.ended;
  const restarted = await joinAs(A_RESTARTED, set, {});
  expect(restarted.result).toMatchObject({ host: 0, incarnation: 2 });
});
