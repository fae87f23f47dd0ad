// ping-pong.js ping|pong PATH NAME COUNT: one of two processes that answer each other COUNT times, each through a commit
// word on a line of its own. "ping" prints the nanoseconds of one round trip.
import { openInstance } from "famfs";

const [role, path, name, count] = process.argv.slice(2) as [string, string, string, string];
const rounds = Number(count);
const file = await (await openInstance(path)).open(name, { access: "read-write" });
const mapping = file.map({ length: 4096 });
const [own, other] = role === "ping" ? [0, 128] : [128, 0];
const word = mapping.commitWord(own, { bits: 32, site: "bench.ping" });
const condition = { bits: 32, atLeast: 0 } as const;
const options = { idle: "spin", timeout: 20_000 } as const;

function ping(from: number, to: number): void {
  for (let i = from; i <= to; i++) {
    word.publish(i, 0, 0);
    mapping.waitUntilSync(other, { ...condition, atLeast: i }, options);
  }
}

function pong(): void {
  for (let i = 1; i <= rounds; i++) {
    mapping.waitUntilSync(other, { ...condition, atLeast: i }, options);
    word.publish(i, 0, 0);
  }
}

if (role === "pong") {
  pong();
} else {
  const warm = Math.floor(rounds / 10);
  ping(1, warm);
  const start = process.hrtime.bigint();
  ping(warm + 1, rounds);
  console.log(Number(process.hrtime.bigint() - start) / (rounds - warm));
}
