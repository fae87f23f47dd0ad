// publisher.js PATH NAME COUNT GAP WAITERS: publishes COUNT times, GAP microseconds after each answer, the time of
// publishing. WAITERS is the offset of the word for sleepers, or -1.
import { openInstance } from "famfs";

const [path, name, count, gap, waiters] = process.argv.slice(2) as [string, string, string, string, string];
const file = await (await openInstance(path)).open(name, { access: "read-write" });
const mapping = file.map({ length: 4096 });
const sleepers = Number(waiters) < 0 ? {} : { waiters: Number(waiters) };
const word = mapping.commitWord(0, { bits: 32, site: "bench.news", ...sleepers });
const time = mapping.view(Float64Array, 64, 1);
const clock = new Int32Array(new SharedArrayBuffer(4));

for (let i = 1; i <= Number(count); i++) {
  mapping.waitUntilSync(128, { bits: 32, atLeast: i }, { timeout: 20_000 });
  Atomics.wait(clock, 0, 0, Number(gap) / 1000);
  time[0] = Number(process.hrtime.bigint() % 1_000_000_000_000n);
  word.publish(i, 64, 8);
}
