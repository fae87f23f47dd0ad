import { expect } from "vitest";
import { scenario } from "./harness/scenario.js";

const IMPORTS = `
  import { mapDevice } from "./test/two-hosts/guest/device.mjs";
  import { message, send } from "./test/two-hosts/guest/talk.mjs";
`;

for (const coherence of ["coherent", "incoherent"] as const) {
  scenario(`what one host publishes arrives whole at the other, and back, in ${coherence} mode`, async ({ a, b }) => {
    // Each stores to lines of its own: a word, and a payload that depends on the round.
    const side = (own: number, other: number, first: boolean) => `${IMPORTS}
      const mapping = await mapDevice({ coherence: "${coherence}" });
      const [own, other] = [${own}, ${other}].map((at) => mapping.commitWord(at, { bits: 64, site: "test" }));
      const payload = mapping.view(Uint32Array, ${own} + 4096, 256);
      const received = mapping.view(Uint32Array, ${other} + 4096, 256);
      let wrong = 0;
      const write = (round) => {
        payload.forEach((_, i) => { payload[i] = round * 1000 + i; });
        own.publish(round, ${own} + 4096, 1024);
      };
      const read = (round) => {
        mapping.waitUntilSync(${other}, { bits: 64, atLeast: round }, { timeout: 60_000 });
        mapping.fetch(${other} + 4096, 1024, "test");
        if (!received.every((value, i) => value === round * 1000 + i)) wrong++;
      };
      for (let round = 1; round <= 500; round++) {
        ${first ? "write(round); read(round);" : "read(round); write(round);"}
      }
      send({ wrong, last: other.observe() });`;
    const results = await Promise.all([a.result(side(0, 65_536, true)), b.result(side(65_536, 0, false))]);
    expect(results).toEqual([
      { wrong: 0, last: 500 },
      { wrong: 0, last: 500 },
    ]);
  });
}

scenario("Atomics of both hosts work on one word where memory is coherent", async ({ a, b }) => {
  const add = `${IMPORTS}
    const mapping = await mapDevice({ coherence: "coherent" });
    const numbers = mapping.view(Int32Array);
    Atomics.add(numbers, 0, 1);
    mapping.waitUntilSync(0, { bits: 32, atLeast: 2 }, { timeout: 30_000 });
    for (let i = 0; i < 100_000; i++) Atomics.add(numbers, 16, 1);
    Atomics.add(numbers, 0, 1);
    mapping.waitUntilSync(0, { bits: 32, atLeast: 4 }, { timeout: 30_000 });
    send(Atomics.load(numbers, 16));`;
  expect(await Promise.all([a.result(add), b.result(add)])).toEqual([200_000, 200_000]);
});

scenario("who waits for a word sees the store of another host, though nothing wakes it", async ({ a, b }) => {
  const waiter = b.node(`${IMPORTS}
    const mapping = await mapDevice({ coherence: "coherent" });
    const wait = { timeout: 60_000, waiters: 128 };
    send("waiting");
    send(await mapping.waitUntil(0, { bits: 32, not: 0 }, wait));
    send(mapping.waitUntilSync(0, { bits: 32, not: 1 }, wait));`);
  const storer = a.node(`${IMPORTS}
    const mapping = await mapDevice({ coherence: "coherent" });
    const word = mapping.commitWord(0, { bits: 32, site: "test", waiters: 128 });
    send("ready");
    for (;;) word.publish(await message(), 0, 0);`);
  expect(await waiter.message()).toBe("waiting");
  expect(await storer.message()).toBe("ready");
  for (const value of [1, 2]) {
    storer.send(value);
    expect(await waiter.message()).toBe(value);
  }
});

scenario(
  "what was published before a power cut is whole for the other, and after the boot",
  async ({ a, b, reboot }) => {
    const writer = a.node(`${IMPORTS}
    const mapping = await mapDevice();
    const word = mapping.commitWord(0, { bits: 64, site: "test" });
    const payload = mapping.view(Uint32Array, 4096, 256);
    for (let version = 1; ; version++) {
      payload.fill(version);
      word.publish(version, 4096, 1024);
      if (version === 100) send("going");
    }`);
    expect(await writer.message()).toBe("going");
    await a.kill();
    // The payload may be of the version after the published one: the writer was cut off anywhere.
    const read = `${IMPORTS}
    const mapping = await mapDevice({ access: "read-only" });
    const version = mapping.commitWord(0, { bits: 64, site: "test" }).observe();
    mapping.fetch(4096, 1024, "test");
    const values = [...new Set(mapping.view(Uint32Array, 4096, 256))];
    send({ version, others: values.filter((value) => value !== version && value !== version + 1) });`;
    const seen = await b.result<{ version: number; others: number[] }>(read);
    expect(seen.version).toBeGreaterThanOrEqual(100);
    expect(seen.others).toEqual([]);
    await reboot(a);
    expect(await a.result(read)).toEqual(seen);
  },
);
