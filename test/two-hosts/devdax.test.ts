import { join } from "node:path";
import { expect, inject } from "vitest";
import { superblockBytes } from "../doubles/media-bytes.js";
import { DEVICE } from "./harness/device.js";
import type { Guest } from "./harness/guest.js";
import { scenario } from "./harness/scenario.js";

const MIB2 = 2 ** 21;
const IMPORTS = `
  import { openInstance } from "famfs";
  import { mapDevice } from "./test/two-hosts/guest/device.mjs";
  import { message, send } from "./test/two-hosts/guest/talk.mjs";
`;

scenario("a dax device is an instance of one file: the whole of it", async ({ a }) => {
  const size = Number((await a.run("cat /sys/bus/dax/devices/dax0.0/size")).stdout);
  expect(size).toBe(4 * 2 ** 30 - MIB2);
  const script = `${IMPORTS}
    const instance = await openInstance("${DEVICE}");
    const { kind, coherence, mapAlignment } = instance;
    const files = [];
    for await (const file of instance.files()) files.push(file);
    const file = await instance.open("dax0.0", { access: "read-write" });
    const last = file.map({ offset: file.size - ${MIB2} });
    last.bytes()[${MIB2 - 1}] = 42;
    last.close();
    await last.released;
    send({ kind, coherence, mapAlignment, files, size: file.size, last: file.map().bytes(file.size - 1, 1)[0] });`;
  expect(await a.result(script)).toMatchObject({
    kind: "devdax",
    coherence: "incoherent",
    mapAlignment: MIB2,
    files: [{ name: "dax0.0", size }],
    size,
    last: 42,
  });
});

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

/** How opening the device ends: its kind, or an error's code and message. */
function opening(guest: Guest, options = {}): Promise<string> {
  return guest.result(`${IMPORTS}
    const opened = openInstance("${DEVICE}", ${JSON.stringify(options)});
    send(await opened.then(({ kind }) => kind, ({ code, message }) => code + ": " + message));`);
}

scenario("a device that carries a famfs is refused, unless forced", async ({ a, b, store }) => {
  store(0, superblockBytes());
  expect(await opening(b)).toMatch(/^ERR_FAMFS_DEVICE_IN_USE/);
  expect(await opening(a)).toMatch(/^ERR_FAMFS_DEVICE_IN_USE: .*carries a famfs.*force/);
  expect(await opening(a, { force: true })).toBe("devdax");
});

scenario("a device in another mode is refused, with the line that changes it", async ({ a }) => {
  const drivers = "/sys/bus/dax/drivers";
  const must = async (script: string) => expect(await a.run(script)).toMatchObject({ code: 0, stderr: "" });
  await must(`echo dax0.0 >${drivers}/device_dax/unbind`);
  expect(await opening(a)).toMatch(/^ERR_FAMFS_DEVICE_MODE: .*daxctl reconfigure-device --mode=devdax dax0.0/);
  // Not online: the kernel would use it, and it is the other's too.
  await must("echo offline >/sys/devices/system/memory/auto_online_blocks");
  const setting = inject("twoHosts");
  if ("modules" in setting) await must(`insmod '${join(setting.modules, "kmem.ko")}'`);
  await must(`echo dax0.0 >${drivers}/kmem/new_id`);
  expect(await opening(a, { force: true })).toMatch(
    /^ERR_FAMFS_DEVICE_MODE: .*system-ram.*--mode=devdax --force dax0.0/,
  );
  await must(`echo dax0.0 >${drivers}/kmem/unbind; rmmod kmem; echo dax0.0 >${drivers}/device_dax/bind`);
  expect(await opening(a)).toBe("devdax");
});

scenario("a device that is taken away from under a mapping fails the mapping, not the process", async ({ a }) => {
  const program = a.node(`${IMPORTS}
    const mapping = await mapDevice({ length: ${2 * MIB2} });
    mapping.bytes()[1] = 1;
    send("mapped");
    await message();
    const thrown = [];
    try { mapping.bytes()[1] = 2; mapping.bytes(); } catch ({ code }) { thrown.push(code); }
    send({ thrown, failure: mapping.failure });`);
  expect(await program.message()).toBe("mapped");
  expect(await a.run("echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind")).toMatchObject({ code: 0 });
  program.send("go on");
  expect(await program.message()).toMatchObject({
    thrown: ["ERR_FAMFS_MEMORY_FAILURE"],
    failure: { path: DEVICE, kind: "device", offset: 0, length: MIB2 },
  });
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(await a.run("echo dax0.0 >/sys/bus/dax/drivers/device_dax/bind")).toMatchObject({ code: 0 });
});
