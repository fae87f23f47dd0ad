import { expect, test } from "vitest";
import { Child, result } from "../support/child.js";
import { testInstance } from "../support/instance.js";
import { seededRandom } from "../support/seed.js";

const OPEN = `
  import { openInstance } from "famfs";
  const [path, name, ...rest] = process.argv.slice(1);
  const instance = await openInstance(path);
  const mapping = (await instance.open(name, { access: "read-write" })).map();
`;

test("a store of one process is seen by another, and the other way", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  const words = (await instance.create(fresh, { size: 65536 })).map().view(Int32Array);
  words[100] = 123456789;
  const other = new Child(
    `${OPEN}
    const words = mapping.view(Int32Array);
    process.send(words[100]);
    words[101] = -5;
    process.once("message", () => { process.send(words[102]); process.disconnect(); });
    process.send("stored");`,
    { args: [instance.path, fresh] },
  );
  expect(await other.message()).toBe(123456789);
  await other.message();
  expect(words[101]).toBe(-5);
  words[102] = 77;
  other.send("look");
  expect(await other.message()).toBe(77);
});

test("Atomics.add of several processes at once loses nothing", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  const mapping = (await instance.create(fresh, { size: 4096 })).map();
  const script = `${OPEN}
    const narrow = mapping.view(Int32Array, 0, 4);
    const wide = mapping.view(BigInt64Array, 64, 2);
    process.send("ready");
    await new Promise((resolve) => process.once("message", resolve));
    for (let i = 0; i < 200_000; i++) Atomics.add(narrow, 1, 1);
    for (let i = 0; i < 50_000; i++) Atomics.add(wide, 1, 3n);
    process.disconnect();`;
  const children = Array.from({ length: 4 }, () => new Child(script, { args: [instance.path, fresh] }));
  for (const child of children) await child.message();
  for (const child of children) child.send("go");
  for (const child of children) expect(await child.ended).toMatchObject({ code: 0 });
  expect(mapping.view(Int32Array, 0, 4)[1]).toBe(800_000);
  expect(mapping.view(BigInt64Array, 64, 2)[1]).toBe(600_000n);
});

test("every byte that one process wrote is what another one reads, through every kind of view", async () => {
  const random = seededRandom("every byte");
  const { instance, name } = await testInstance();
  const fresh = name();
  const mapping = (await instance.create(fresh, { size: 1 << 20 })).map();
  const bytes = mapping.bytes();
  for (let index = 0; index < bytes.length; index++) bytes[index] = random() * 256;
  mapping.view(Float64Array, 8, 1)[0] = Math.PI;
  mapping.view(BigUint64Array, 16, 1)[0] = 2n ** 64n - 1n;
  mapping.view(DataView).setUint16(4097, 0xbeef);
  const { createHash } = await import("node:crypto");
  const seen = await result<{ hash: string; pi: number; big: string; word: number }>(
    `${OPEN}
    import { createHash } from "node:crypto";
    console.log(JSON.stringify({
      hash: createHash("sha256").update(mapping.bytes()).digest("hex"),
      pi: mapping.view(Float64Array, 8, 1)[0],
      big: String(mapping.view(BigUint64Array, 16, 1)[0]),
      word: mapping.view(DataView).getUint16(4097),
    }));`,
    { args: [instance.path, fresh] },
  );
  const hash = createHash("sha256").update(bytes).digest("hex");
  expect(seen).toEqual({ hash, pi: Math.PI, big: "18446744073709551615", word: 0xbeef });
});

test("messages pass between two processes by a flag, none lost, none torn", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  const mapping = (await instance.create(fresh, { size: 4096 })).map();
  const rounds = 2000;
  const other = new Child(
    `${OPEN}
    const flags = mapping.view(Int32Array, 0, 32);
    const payload = mapping.view(Float64Array, 256, 8);
    process.send("ready");
    let torn = 0;
    for (let round = 1; round <= ${rounds}; round++) {
      while (Atomics.load(flags, 0) !== round) {}
      for (let i = 0; i < 8; i++) if (payload[i] !== round * 10 + i) torn++;
      Atomics.store(flags, 16, round);
    }
    process.send(torn);
    process.disconnect();`,
    { args: [instance.path, fresh] },
  );
  await other.message();
  const flags = mapping.view(Int32Array, 0, 32);
  const payload = mapping.view(Float64Array, 256, 8);
  for (let round = 1; round <= rounds; round++) {
    for (let index = 0; index < 8; index++) payload[index] = round * 10 + index;
    Atomics.store(flags, 0, round);
    while (Atomics.load(flags, 16) !== round) {
      if (other.process.exitCode !== null) throw new Error("the reader ended");
      if (flags[0] !== round) throw new Error("unreachable: only this process stores it");
      await new Promise(setImmediate);
    }
  }
  expect(await other.message()).toBe(0);
});

test("a mapping holds no private copy of the file", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  const size = 16 << 20;
  await instance.create(fresh, { size });
  const { grown, sum } = await result<{ grown: number; sum: number }>(
    `${OPEN}
    import { readFileSync } from "node:fs";
    const line = (name) => Number(new RegExp("^" + name + ":\\\\s+(\\\\d+)", "m").exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1]) * 1024;
    const bytes = mapping.bytes();
    let sum = 0;
    for (let i = 0; i < 64; i++) sum += bytes[i];
    gc();
    const before = line("Anonymous");
    for (let i = 0; i < bytes.length; i += 4096) bytes[i] = 1;
    for (let i = 0; i < bytes.length; i += 4096) sum += bytes[i];
    gc();
    console.log(JSON.stringify({ grown: line("Anonymous") - before, sum }));`,
    { args: [instance.path, fresh], nodeOptions: ["--expose-gc"] },
  );
  expect(sum).toBe(size / 4096);
  expect(grown).toBeLessThan(size / 2);
});
