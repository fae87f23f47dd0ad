import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { BenchCase, BenchContext } from "./case.js";
import { BATCH, Cargo, filledMap, getAll, keyOf, newName, perKey } from "./filled-map.js";
import { pause } from "./measure.js";
import { command, RedisClient } from "./redis-client.js";

/** Commands on their way at once. */
const IN_FLIGHT = 16;

/** One that keeps nothing on disk and goes with this process. */
async function startRedis({ scratch }: BenchContext): Promise<{ server: ChildProcess; path: string }> {
  const path = scratch.path(newName("redis"));
  const where = ["--port", "0", "--unixsocket", path, "--dir", scratch.instance.path];
  const server = spawn("redis-server", [...where, "--save", "", "--appendonly", "no"], { stdio: "ignore" });
  process.once("exit", () => server.kill());
  for (let i = 0; !existsSync(path); i++) {
    if (i === 500 || server.exitCode !== null) throw new Error("redis-server does not start");
    await pause(10);
  }
  return { server, path };
}

async function load(client: RedisClient, keys: number): Promise<void> {
  const value = Buffer.alloc(Cargo.size);
  for (let from = 0; from < keys; from += 1000) {
    const words: (string | Buffer)[] = ["MSET"];
    for (let i = from; i < from + 1000; i++) {
      value.writeUInt32LE(i, 0);
      words.push(String(keyOf(i)), Buffer.from(value));
    }
    await client.run([command(...words)], 1, () => {});
  }
}

/** Their making is not counted. */
function requests(keys: Float64Array): Buffer[] {
  const made: Buffer[] = [];
  for (let i = 0; i + BATCH <= keys.length; i += BATCH)
    made.push(command("MGET", ...Array.from(keys.subarray(i, i + BATCH), String)));
  return made;
}

const againstRedis: BenchCase = {
  name: "shared map, getMany against Redis MGET",
  rounds: 7,
  leftOut: () => (spawnSync("redis-server", ["--version"]).error ? "there is no redis-server on the PATH" : undefined),
  async prepare(context) {
    const { map, keys, sizes, end } = await filledMap(context);
    const { server, path } = await startRedis(context);
    const client = await RedisClient.connect(path);
    await load(client, sizes.keys);
    const commands = requests(keys);
    const out = new Uint8Array(BATCH * Cargo.size);
    const yardstick = async () => {
      let found = 0;
      const start = process.hrtime.bigint();
      await client.run(commands, IN_FLIGHT, (value) => out.set(value, (found++ % BATCH) * Cargo.size));
      return perKey(start, keys, found);
    };
    return {
      ours: () => getAll(map, keys),
      yardstick,
      async end() {
        client.close();
        const gone = once(server, "exit");
        server.kill();
        await gone;
        await end();
      },
    };
  },
};

export const cases: readonly BenchCase[] = [againstRedis];
