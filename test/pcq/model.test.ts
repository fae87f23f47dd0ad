import { PcqQueue } from "famfs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { REAL_MODES } from "../support/modes.js";
import { bothEnds } from "./ends.js";
import { message, textOf } from "./raw.js";

const SEED = Number(process.env["FAMFS_TEST_SEED"] ?? Date.now() % 2 ** 31);
console.log(`queue against its model: FAMFS_TEST_SEED=${SEED}`);

/** What a queue is to its users: a list with a limit. */
class Model {
  readonly waiting: string[] = [];
  produced = 0;
  consumed = 0;

  constructor(readonly capacity: number) {}

  put(count: number): string[] {
    const fitting = Math.min(count, this.capacity - this.waiting.length);
    const texts = Array.from({ length: fitting }, () => `message ${this.produced++}`);
    this.waiting.push(...texts);
    return texts;
  }

  take(count: number): string[] {
    const taken = this.waiting.splice(0, count);
    this.consumed += taken.length;
    return taken;
  }
}

type Step =
  | { readonly do: "put" | "take" | "drain" | "reopen producer" | "reopen consumer" }
  | { readonly do: "put many" | "take many"; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>({ do: "put" }, { do: "take" }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("put many" as const, "take many" as const),
      count: fc.nat({ max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ do: "drain" }, { do: "reopen producer" }, { do: "reopen consumer" }),
  },
);

/** Messages of these texts, one after the other. */
function packed(texts: readonly string[], size: number): Uint8Array {
  const bytes = new Uint8Array(texts.length * size);
  for (const [i, text] of texts.entries()) bytes.set(message(text), i * size);
  return bytes;
}

test.each(REAL_MODES)(
  "on %s memory, a queue does what a list with a limit does, whatever is asked of it",
  async (coherence) => {
    const cases = fc.record({
      buckets: fc.integer({ min: 2, max: 9 }),
      bucketSize: fc.constantFrom(32, 64, 512),
      steps: fc.array(step, { maxLength: 60 }),
    });
    const property = fc.asyncProperty(cases, async ({ buckets, bucketSize, steps }) => {
      const { instance, ...ends } = await bothEnds({ buckets, bucketSize, coherence });
      let { producer, consumer } = ends;
      const model = new Model(buckets - 1);
      const size = producer.messageSize;
      for (const { do: what, ...more } of steps) {
        const count = "count" in more ? more.count : 1;
        const next = Array.from({ length: count }, (_, i) => `message ${model.produced + i}`);
        if (what === "put") {
          expect(producer.tryProduce(message(next[0] as string))).toBe(model.put(1).length === 1);
        } else if (what === "put many") {
          expect(producer.tryProduceMany(packed(next, size))).toBe(model.put(count).length);
        } else if (what === "take") {
          const found = consumer.tryConsume();
          expect(found === undefined ? [] : [textOf(found)]).toEqual(model.take(1));
        } else if (what === "take many") {
          const target = new Uint8Array((count + 1) * size);
          const taken = consumer.tryConsumeMany(target);
          expect(Array.from({ length: taken }, (_, i) => textOf(target.subarray(i * size, (i + 1) * size)))).toEqual(
            model.take(count + 1),
          );
        } else if (what === "drain") {
          expect(consumer.drain()).toBe(model.take(buckets).length);
        } else if (what === "reopen producer") {
          producer.close();
          producer = await PcqQueue.open(instance, "q", { role: "producer" });
        } else {
          consumer.close();
          consumer = await PcqQueue.open(instance, "q", { role: "consumer" });
        }
        const { waiting, produced, consumed } = model;
        expect(producer.info()).toMatchObject({ messages: waiting.length, produced, consumed });
      }
      await instance.close();
    });
    await fc.assert(property, { seed: SEED, numRuns: 60 });
  },
  60_000,
);
