import { expect } from "vitest";
import { DEVICE } from "./harness/device.js";
import type { Guest } from "./harness/guest.js";
import { kernelModule, scenario } from "./harness/scenario.js";

const MIB2 = 2 ** 21;
const IMPORTS = `
  import { openInstance } from "famfs";
  import { message, send } from "./test/two-hosts/guest/talk.mjs";
`;

/** How opening the device ends: its kind, or an error's code and message. */
function opening(guest: Guest, options = {}): Promise<string> {
  return guest.result(`${IMPORTS}
    const opened = openInstance("${DEVICE}", ${JSON.stringify(options)});
    send(await opened.then(({ kind }) => kind, ({ code, message }) => code + ": " + message));`);
}

scenario("a device in another mode is refused, with the line that changes it", async ({ a }) => {
  const drivers = "/sys/bus/dax/drivers";
  const must = async (script: string) => expect(await a.run(script)).toMatchObject({ code: 0, stderr: "" });
  await must(`echo dax0.0 >${drivers}/device_dax/unbind`);
  expect(await opening(a)).toMatch(/^ERR_FAMFS_DEVICE_MODE: .*daxctl reconfigure-device --mode=devdax dax0.0/);
  // Not online: the kernel would use it, and it is the other's too.
  await must("echo offline >/sys/devices/system/memory/auto_online_blocks");
  await must(`insmod '${kernelModule("kmem")}'`);
  await must(`echo dax0.0 >${drivers}/kmem/new_id`);
  expect(await opening(a, { force: true })).toMatch(
    /^ERR_FAMFS_DEVICE_MODE: .*system-ram.*--mode=devdax --force dax0.0/,
  );
  await must(`echo dax0.0 >${drivers}/kmem/unbind; rmmod kmem; echo dax0.0 >${drivers}/device_dax/bind`);
  expect(await opening(a)).toBe("devdax");
});

scenario("a device that is taken away from under a mapping fails the mapping, not the process", async ({ a }) => {
  const program = a.node(`${IMPORTS}
    const instance = await openInstance("${DEVICE}");
    const file = await instance.open("dax0.0", { access: "read-write" });
    const mapping = file.map({ length: ${2 * MIB2} });
    mapping.bytes()[1] = 1;
    send("mapped");
    await message();
    const failure = async (action) => (await action().catch((error) => error))?.code ?? "none";
    const store = await failure(async () => { mapping.bytes()[1] = 2; mapping.bytes(); });
    const map = await failure(async () => file.map());
    mapping.close();
    await mapping.released;
    file.close();
    const open = await failure(() => instance.open("dax0.0"));
    send({ store, map, open, failure: mapping.failure });`);
  expect(await program.message()).toBe("mapped");
  expect(await a.run("echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind")).toMatchObject({ code: 0 });
  program.send("go on");
  expect(await program.message()).toMatchObject({
    store: "ERR_FAMFS_MEMORY_FAILURE",
    map: "ERR_FAMFS_DEVICE_MODE",
    open: "ERR_FAMFS_DEVICE_MODE",
    failure: { path: DEVICE, kind: "device", offset: 0, length: MIB2 },
  });
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(await a.run("echo dax0.0 >/sys/bus/dax/drivers/device_dax/bind")).toMatchObject({ code: 0 });
});
