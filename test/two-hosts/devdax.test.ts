import { expect } from "vitest";
import { superblockBytes } from "../doubles/media-bytes.js";
import { DEVICE } from "./harness/device.js";
import { scenario } from "./harness/scenario.js";

const MEBI = 2 ** 20;
const HUGE = 2 * MEBI;

/** Opens the device as an instance, and its one file. */
const OPEN = `
  import { listInstances, openHandle, openInstance, storeFence } from "famfs";
  const show = (value) => console.log(JSON.stringify(value));
  const instance = await openInstance(${JSON.stringify(DEVICE)});
  const file = await instance.open("dax0.0", { access: "read-write" });`;

scenario("a dax device is an instance with one file, which is all of it", async ({ a }) => {
  const size = Number((await a.run("cat /sys/bus/dax/devices/dax0.0/size")).stdout);
  const found = await a.result(`${OPEN}
    const { kind, coherence, mapAlignment, path } = instance;
    const devices = await instance.devices();
    const listed = (await listInstances()).map(({ kind, path, problem }) => [kind, path, problem?.code ?? "none"]);
    show({ kind, coherence, mapAlignment, path, size: file.size, devices, listed });`);
  expect(found).toEqual({
    kind: "devdax",
    coherence: "incoherent",
    mapAlignment: HUGE,
    path: DEVICE,
    size,
    devices: [{ index: 0, size, path: DEVICE, mode: "devdax" }],
    listed: [["devdax", DEVICE, "none"]],
  });
});

scenario(
  "what one host writes back the other reads, in windows, through handles, and after closing",
  async ({ a, b }) => {
    const reader = b.node(`${OPEN}
    import { message, send } from "./test/two-hosts/guest/talk.mjs";
    const mapping = file.map({ offset: ${HUGE}, length: 100 });
    send({ ready: true });
    await message();
    mapping.invalidate(0, 100);
    const text = Buffer.from(mapping.bytes(0, 5)).toString();
    const other = await openHandle(mapping.handle());
    mapping.close();
    await mapping.released;
    send({ text, other: Buffer.from(other.bytes(0, 5)).toString(), length: other.byteLength });`);
    expect(await reader.message()).toEqual({ ready: true });
    await a.result(`${OPEN}
    const window = file.map().window(${HUGE}, 8);
    window.bytes().set(Buffer.from("hello"));
    window.writeBack(0, 8);
    storeFence();
    await instance.close();
    show(true);`);
    reader.send("stored");
    expect(await reader.message()).toEqual({ text: "hello", other: "hello", length: 100 });
  },
);

scenario("its pages are of 2 MiB, by faults and by prefault", async ({ a }) => {
  const found = await a.result(`${OPEN}
    const mapping = file.map({ offset: ${HUGE}, length: ${8 * HUGE} });
    const sizes = [mapping.pageSizes()];
    mapping.window(${3 * HUGE} + 8, 8).bytes()[0];
    sizes.push(mapping.pageSizes());
    await mapping.prefault("write");
    sizes.push(mapping.pageSizes());
    show(sizes);`);
  expect(found).toEqual([
    { 4096: 0, [HUGE]: 0 },
    { 4096: 0, [HUGE]: HUGE },
    { 4096: 0, [HUGE]: 8 * HUGE },
  ]);
});

scenario("a store to a read-only mapping is contained, 2 MiB at a time", async ({ a }) => {
  const found = await a.result(`${OPEN}
    const mapping = (await instance.open("dax0.0")).map({ offset: ${HUGE}, length: ${2 * HUGE} });
    const bytes = mapping.bytes();
    bytes[${HUGE} + 5] = 7;
    const { kind, offset, length } = mapping.failure;
    const fresh = (await instance.open("dax0.0")).map({ offset: ${2 * HUGE}, length: 8 });
    show({ kind, offset, length, stored: bytes[${HUGE} + 5], memory: fresh.bytes()[5] });`);
  expect(found).toEqual({ kind: "read-only-store", offset: HUGE, length: HUGE, stored: 7, memory: 0 });
});

scenario("one that carries a famfs is refused on every host", async ({ a, b }) => {
  const superblock = superblockBytes({}).toString("base64");
  await a.result(`${OPEN}
    const mapping = file.map({ length: 4096 });
    mapping.bytes().set(Buffer.from(${JSON.stringify(superblock)}, "base64"));
    mapping.writeBack(0, 4096);
    storeFence();
    show(true);`);
  const found = await b.result<{ code: string; forced: string; listed: string }>(`
    import { listInstances, openInstance } from "famfs";
    const code = await openInstance(${JSON.stringify(DEVICE)}).catch((error) => error.code);
    const forced = (await openInstance(${JSON.stringify(DEVICE)}, { force: true })).kind;
    const [{ problem }] = await listInstances();
    console.log(JSON.stringify({ code, forced, listed: problem.code }));`);
  expect(found).toEqual({ code: "ERR_FAMFS_DEVICE_IN_USE", forced: "devdax", listed: "ERR_FAMFS_DEVICE_IN_USE" });
});
