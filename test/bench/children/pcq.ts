// pcq.js producer|consumer PATH QUEUE COHERENCE BATCH COUNT: an end of a queue, which moves COUNT messages, up to BATCH in a
// call. Prints the nanoseconds of one; the first tenth is not counted.
import { openInstance, PcqQueue } from "famfs";

const [role, path, name, coherence, ...numbers] = process.argv.slice(2) as [
  "producer" | "consumer",
  string,
  string,
  "coherent" | "incoherent",
  string,
  string,
];
const [batch, count] = numbers.map(Number) as [number, number];
const instance = await openInstance(path, { coherence });
const queue = await PcqQueue.open(instance, name, { role });
const bytes = new Uint8Array(batch * queue.messageSize).fill(7);
const options = { timeout: 20_000 };

function move(left: number): number {
  const part = left < batch ? bytes.subarray(0, left * queue.messageSize) : bytes;
  if (role === "consumer") return queue.consumeManySync(part, options);
  if (batch > 1) return queue.produceManySync(part, options);
  queue.produceSync(part, options);
  return 1;
}

let done = 0;
while (done < count / 10) done += move(count - done);
const counted = count - done;
const start = process.hrtime.bigint();
while (done < count) done += move(count - done);
console.log(Number(process.hrtime.bigint() - start) / counted);
