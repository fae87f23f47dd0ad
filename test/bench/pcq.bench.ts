import { openInstance, PcqQueue } from "famfs";
import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick } from "./measure.js";

/** Messages of one call where they are batched. */
const BATCH = 32;

/** The queue is filled and emptied as a whole. */
const BUCKETS = 1025;

interface Shape {
  readonly text: string;
  readonly bucketSize: number;
  readonly coherence: "coherent" | "incoherent";
}

const SHAPES: readonly Shape[] = [
  { text: "64 B", bucketSize: 64, coherence: "incoherent" },
  { text: "1 KiB", bucketSize: 1024, coherence: "incoherent" },
  { text: "1 KiB, coherent", bucketSize: 1024, coherence: "coherent" },
];

const FORMS = { "one by one": 1, batched: BATCH } as const;
type Form = keyof typeof FORMS;

async function makeQueue({ scratch }: BenchContext, name: string, { bucketSize }: Shape): Promise<string> {
  (await PcqQueue.create(scratch.instance, name, { buckets: BUCKETS, bucketSize })).close();
  return scratch.path(name);
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[figures.length >> 1] as number;
}

/** Nanoseconds of a message, as the median over laps in which the whole queue is filled and emptied by one process. */
async function alone(context: BenchContext, name: string, shape: Shape, form: Form, laps: number) {
  const instance = await openInstance(context.scratch.instance.path, { coherence: shape.coherence });
  const producer = await PcqQueue.open(instance, name, { role: "producer" });
  const consumer = await PcqQueue.open(instance, name, { role: "consumer" });
  const batch = FORMS[form];
  const bytes = new Uint8Array(batch * producer.messageSize).fill(7);
  const fill = () => {
    for (let i = 0; i < producer.capacity; )
      i += batch === 1 ? Number(producer.tryProduce(bytes)) : producer.tryProduceMany(bytes);
  };
  const empty = () => {
    for (let i = 0; i < producer.capacity; ) i += consumer.tryConsumeMany(bytes);
  };
  const figures = { produce: [] as number[], consume: [] as number[] };
  for (let lap = 0; lap < laps; lap++) {
    const start = process.hrtime.bigint();
    fill();
    const middle = process.hrtime.bigint();
    empty();
    figures.produce.push(Number(middle - start) / producer.capacity);
    figures.consume.push(Number(process.hrtime.bigint() - middle) / producer.capacity);
  }
  await instance.close();
  return { produce: median(figures.produce), consume: median(figures.consume) };
}

function end(which: "produce" | "consume", shape: Shape, form: Form): BenchCase {
  const name = `pcq ${which}, ${shape.text}, ${form}`;
  return {
    name,
    rounds: 9,
    async prepare(context) {
      const path = await makeQueue(context, name.replaceAll(" ", "-"), shape);
      const laps = context.quick ? 20 : 150;
      return {
        ours: async () => (await alone(context, name.replaceAll(" ", "-"), shape, form, laps))[which],
        yardstick: async () => (await yardstick("pcq", [path, "alone", laps * (BUCKETS - 1)]))[which] as number,
      };
    },
  };
}

/** Nanoseconds of a message that goes from one process to another, at the receiving end. */
function flow(shape: Shape, form: Form): BenchCase {
  const name = `pcq flow, ${shape.text}, ${form}`;
  return {
    name,
    rounds: 9,
    async prepare(context) {
      const count = context.quick ? 50_000 : 500_000;
      const queue = name.replaceAll(" ", "-");
      const path = await makeQueue(context, queue, shape);
      const ours = (role: string) =>
        child("pcq", [role, context.scratch.instance.path, queue, shape.coherence, FORMS[form], count]);
      return {
        ours: async () => Number((await Promise.all([ours("consumer"), ours("producer")]))[0]),
        yardstick: async () => {
          const both = [yardstick("pcq", [path, "consume", count]), yardstick("pcq", [path, "produce", count])];
          return (await Promise.all(both))[0]?.["ns"] as number;
        },
      };
    },
  };
}

export const cases: readonly BenchCase[] = (Object.keys(FORMS) as Form[]).flatMap((form) => [
  ...SHAPES.flatMap((shape) => [end("produce", shape, form), end("consume", shape, form)]),
  ...SHAPES.filter(({ coherence }) => coherence === "incoherent").map((shape) => flow(shape, form)),
]);
