import { createTmpfsInstance, openInstance, type Participant, Segment, SharedArray, u32 } from "famfs";
import { joinSimulation, simulateHosts } from "famfs/testing";

const SHAPE = { size: 128 << 10, hosts: 2, participantsPerHost: 2 };
const LENGTH = 40;

/** Long enough that a busy machine does not look silent, in milliseconds. */
const LEASE = 1600;

/** A simulated host with its segment and participant. */
interface Side {
  readonly segment: Segment;
  participant: Participant;
}

class Broken extends Error {}

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what);
}

/**
 * Two simulated hosts make a segment, join, make structures and find each other's, leave, come back and are fenced, one
 * after the other: whatever one has done, the other must see.
 * @returns what broke; undefined where nothing did
 */
export async function runTwoHosts(seed: number): Promise<string | undefined> {
  process.env["FAMFS_SIMULATION_SEED"] = String(seed);
  const directory = await createTmpfsInstance();
  const [first, second] = await Promise.all(
    [0, 1].map((host) => openInstance(directory.path, { coherence: "simulated", host })),
  );
  try {
    if (first === undefined || second === undefined) throw new Error("there are two");
    const file = await first.create("segment", { size: SHAPE.size });
    const mapping = file.map();
    fillWithLeftOvers(mapping.bytes());
    mapping.writeBack(0, SHAPE.size);
    mapping.invalidate(0, SHAPE.size);
    const a = Segment.format(mapping, {
      hosts: SHAPE.hosts,
      participantsPerHost: SHAPE.participantsPerHost,
      force: true,
    });
    const b = await Segment.open(second, "segment", { timeout: 0 });
    // Looks in between let time pass, in which lines are evicted; without them a missing write-back shows.
    await play(a, b, seed % 2 === 0);
    const host = await joinSimulation(mapping.handle());
    const reports = host.reports.map(({ rule, site }) => `${rule} at ${site}`);
    host.close();
    expectThat(reports.length === 0, reports.join(", "));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Promise.all([first?.close(), second?.close()]);
    await directory.close();
    delete process.env["FAMFS_SIMULATION_SEED"];
  }
}

/** What a device may have had before: nothing in it is to be believed. */
function fillWithLeftOvers(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = (i * 7 + 1) & 255;
}

async function play(a: Segment, b: Segment, looks: boolean): Promise<void> {
  const sides = [await join(a, 0), await join(b, 1)] as const;
  expectSeen(sides);
  for (let round = 0; round < 6; round++) {
    const [maker, finder] = round % 2 === 0 ? sides : ([sides[1], sides[0]] as const);
    await makeAndFind(maker, finder, `round-${round}`, looks);
  }
  await sides[1].participant.leave();
  expectThat(
    a.participants().every(({ host }) => host === 0),
    "one that left is still listed",
  );
  sides[1].participant = await b.join({ host: 1, lease: LEASE });
  expectThat(sides[1].participant.incarnation === 2, "a slot was taken again with an old incarnation");
  expectSeen(sides);
  await expectFenced(sides);
}

async function join(segment: Segment, host: number): Promise<Side> {
  return { segment, participant: await segment.join({ host, lease: LEASE, name: `host ${host}` }) };
}

function expectSeen(sides: readonly Side[]): void {
  for (const { segment } of sides) {
    const seen = segment.participants().map(({ name, incarnation, standing }) => `${name} ${incarnation} ${standing}`);
    const there = sides.map(({ participant }) => `${participant.name} ${participant.incarnation} alive`);
    expectThat(String(seen) === String(there), `seen were ${seen}, there are ${there}`);
  }
}

async function makeAndFind(maker: Side, finder: Side, name: string, looks: boolean): Promise<void> {
  const make = () => SharedArray.create(maker.participant, name, { element: u32, length: LENGTH });
  const made = looks ? await whileLookedAt(finder, name, make) : await make();
  expectThat(
    made.values.every((value) => value === 0),
    "a new array is not zero for its maker",
  );
  const found = SharedArray.open(finder.segment, name, { element: u32 });
  expectThat(
    found.values.every((value) => value === 0),
    "a new array is not zero elsewhere",
  );
  const again = SharedArray.create(finder.participant, name, { element: u32, length: LENGTH });
  const code = await again.then(
    () => "made again",
    (error: { code?: string }) => error.code,
  );
  expectThat(code === "ERR_FAMFS_EXISTS", `making a name twice gave ${code}`);
  const [mine, theirs] = [maker, finder].map(({ segment }) => JSON.stringify(segment.entries()));
  expectThat(mine === theirs, "the entries differ");
}

/** The other host looks for the array in the middle of its making: it is not there, or it is whole. */
async function whileLookedAt<T>({ segment }: Side, name: string, action: () => Promise<T>): Promise<T> {
  await using anySimulation = await simulateHosts(1, { size: 64, seed: 1, background: false });
  let moments = 0;
  let broken: string | undefined;
  anySimulation.interleave(() => {
    if (broken !== undefined || moments++ % 7 !== 0) return;
    broken = lookFor(segment, name);
  });
  const result = await action();
  anySimulation.interleave(undefined);
  expectThat(broken === undefined, `in the middle of making it: ${broken}`);
  return result;
}

function lookFor(segment: Segment, name: string): string | undefined {
  try {
    const { values } = SharedArray.open(segment, name, { element: u32 });
    return values.every((value) => value === 0) ? undefined : "it is not zero";
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === "ERR_FAMFS_NOT_FOUND" ? undefined : message;
  }
}

async function expectFenced([a, b]: readonly [Side, Side]): Promise<void> {
  a.participant.declareDead(1);
  const late = SharedArray.create(b.participant, "late", { element: u32, length: 1 });
  const code = await late.then(
    () => "made",
    (error: { code?: string }) => error.code,
  );
  expectThat(code === "ERR_FAMFS_FENCED", `who was declared dead went on: ${code}`);
  await b.participant.leave();
  b.participant = await b.segment.join({ host: 1, lease: LEASE });
  await makeAndFind(b, a, "after", false);
}
