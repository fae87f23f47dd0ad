// broadcast.js alone COHERENCE RUN LAPS: writes messages of 64 bytes, RUN at a time, up to the capacity, reads them, and so
// on. Prints { "write": ns, "read": ns } of one message, medians over the laps.
// broadcast.js writer PATH SEGMENT COUNT: prints the nanoseconds of CPU time of one message, beside whatever readers.
// broadcast.js reader PATH SEGMENT COUNT: reads until COUNT messages were written.
import { bytes, createTmpfsInstance, f64, openInstance, Segment, SharedBroadcast, struct } from "famfs";

const CAPACITY = 1024;
const Message = struct({ id: f64, price: f64, rest: bytes(48) });
const SHAPE = { message: Message, capacity: CAPACITY } as const;
type Broadcast = Awaited<ReturnType<typeof makeBroadcast>>;
type Draft = Broadcast["draft"];

function fill(draft: Draft, number: number): void {
  draft.id = number;
  draft.price = number + 1;
}

function sum(message: Draft): number {
  return message.id + message.price;
}

function makeBroadcast(participant: Awaited<ReturnType<Segment["join"]>>) {
  return SharedBroadcast.create(participant, "messages", { ...SHAPE, role: "writer" });
}

function writeSome(broadcast: Broadcast, from: number, count: number, run: number): void {
  const end = from + count;
  if (run === 1) {
    const { draft } = broadcast;
    for (let number = from; number < end; number++) {
      fill(draft, number);
      broadcast.write();
    }
    return;
  }
  for (let number = from; number < end; ) {
    const part = broadcast.claimRun(Math.min(run, end - number));
    for (let i = 0; i < part; i++) fill(broadcast.draftAt(i), number + i);
    broadcast.commitRun(part);
    number += part;
  }
}

type Reader = ReturnType<Broadcast["reader"]>;

/** @returns what was read, so that it is */
function readSome(reader: Reader, end: number, run: number): number {
  let total = 0;
  while (reader.position < end) {
    if (run === 1) {
      const message = reader.tryRead();
      if (message !== undefined) total += sum(message);
      continue;
    }
    const count = reader.tryReadRun(run);
    for (let i = 0; i < count; i++) total += sum(reader.at(i));
  }
  return total;
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[figures.length >> 1] as number;
}

async function alone(coherence: "coherent" | "incoherent", run: number, laps: number): Promise<void> {
  const directory = await createTmpfsInstance();
  const instance = await openInstance(directory.path, { coherence });
  const segment = await Segment.create(instance, "segment", { size: 1 << 20, hosts: 1, participantsPerHost: 2 });
  const broadcast = await makeBroadcast(await segment.join({ host: 0 }));
  const reader = broadcast.reader({ from: "oldest" });
  const figures = { write: [] as number[], read: [] as number[] };
  for (let lap = 0; lap < laps; lap++) {
    const start = process.hrtime.bigint();
    writeSome(broadcast, lap * CAPACITY, CAPACITY, run);
    const middle = process.hrtime.bigint();
    readSome(reader, (lap + 1) * CAPACITY, run);
    figures.write.push(Number(middle - start) / CAPACITY);
    figures.read.push(Number(process.hrtime.bigint() - middle) / CAPACITY);
  }
  await instance.close();
  await directory.close();
  console.log(JSON.stringify({ write: median(figures.write), read: median(figures.read) }));
}

async function write(path: string, name: string, count: number): Promise<void> {
  const instance = await openInstance(path);
  const segment = await Segment.create(instance, name, { size: 1 << 20, hosts: 1, participantsPerHost: 2 });
  const broadcast = await makeBroadcast(await segment.join());
  // Readers have time to open it.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  writeSome(broadcast, 0, count / 10, 1);
  const before = process.cpuUsage();
  writeSome(broadcast, count / 10, (count * 9) / 10, 1);
  const { user, system } = process.cpuUsage(before);
  await instance.close();
  console.log(((user + system) * 1000) / ((count * 9) / 10));
}

async function read(path: string, name: string, count: number): Promise<void> {
  const segment = await Segment.open(await openInstance(path), name, { access: "read-only" });
  while (!segment.entries().some((entry) => entry.name === "messages"))
    await new Promise((resolve) => setTimeout(resolve, 5));
  const reader = SharedBroadcast.open(segment, "messages", { message: Message }).reader({ from: "now" });
  while (reader.position < count) {
    try {
      if (reader.tryReadRun() === 0) await reader.read({ timeout: 20_000 });
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_FAMFS_LAPPED") throw error;
    }
  }
  await segment.close();
}

const [what, ...given] = process.argv.slice(2) as [string, string, string, string];
if (what === "alone") await alone(given[0] as "coherent", Number(given[1]), Number(given[2]));
else await (what === "writer" ? write : read)(given[0], given[1], Number(given[2]));
