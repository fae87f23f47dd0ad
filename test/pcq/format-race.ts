import { type Mapping, PcqQueue } from "famfs";
import { simulateHosts } from "famfs/testing";
import { AT } from "./raw.js";

const PRODUCER_FILE = 2 ** 21 + 4096;
const CONSUMER_FILE = 2 ** 21;

type Files = readonly [Mapping, Mapping];

/**
 * Makes queues over queues, on one host after the other, while another host looks.
 * @returns what broke, or undefined: a new magic with an old queue's numbers behind it, an old header after a new one was
 * made, a rule broken
 */
export async function formatRace({ seed, rounds }: { seed: number; rounds: number }): Promise<string | undefined> {
  await using simulation = await simulateHosts(3, { size: PRODUCER_FILE + CONSUMER_FILE, seed, background: false });
  const files = simulation.hosts.map(
    ({ mapping }) => [mapping.window(0, PRODUCER_FILE), mapping.window(PRODUCER_FILE, CONSUMER_FILE)] as const,
  );
  const at = (host: number) => files[host % 3] as Files;
  let broken: string | undefined;
  try {
    for (let round = 0; round < rounds && broken === undefined; round++) {
      const shape = { buckets: 4 + (round % 2), bucketSize: 64 };
      const look = looker(at(round + 1));
      simulation.interleave(() => {
        broken ??= look();
      });
      PcqQueue.format(...at(round), shape);
      simulation.interleave(undefined);
      broken ??= await use([at(round + 1), at(round + 2)], shape);
    }
    simulation.check();
  } catch (error) {
    return (error as Error).message;
  }
  return broken;
}

/** Looks at both files; where a magic went and came back, what is behind it must be of the new queue. */
function looker(files: Files): () => string | undefined {
  const words = files.map((mapping) => mapping.commitWord(0, { bits: 32, site: "test.look" }));
  const numbers = [AT.produced, AT.consumed];
  const gone = [false, false];
  return () => {
    for (const [i, word] of words.entries()) {
      const mapping = files[i as 0 | 1];
      const at = numbers[i] as number;
      if (word.observe() === 0) gone[i] = true;
      else if (gone[i]) {
        mapping.fetch(at, 8, "test.look");
        const number = mapping.window(at, 8).view(DataView).getBigUint64(0, true);
        if (number !== 0n) return `the magic came before the number, which still is ${number}`;
      }
    }
    return undefined;
  };
}

/** Both ends, from two hosts, find an empty queue of this shape, and put numbers into it. */
async function use([one, other]: readonly [Files, Files], shape: { buckets: number }): Promise<string | undefined> {
  using producer = await PcqQueue.over(...one, { role: "producer" });
  using consumer = await PcqQueue.over(...other, { role: "consumer" });
  for (const queue of [producer, consumer]) {
    const { buckets, messages, produced, consumed } = queue.info();
    if (buckets !== shape.buckets || messages + produced + consumed > 0)
      return `found ${buckets} buckets, ${messages} messages, ${produced} produced, ${consumed} consumed`;
  }
  for (let i = 0; i < 3; i++) producer.tryProduce(new Uint8Array(1));
  consumer.tryConsume();
  consumer.tryConsume();
  return undefined;
}
