import { describe, expect, test } from "vitest";
import { tmpfsInstance } from "../support/instance.js";
import { ended, shown } from "./script.js";

const FAULT = `
  const file = await sevens(4);
  const v = file.map().bytes();
  fs.truncateSync(file.path, PAGE);
  v[PAGE];`;
const OTHER = `await openInstance("/dev/shm", { faultGuard: false }).then(() => "none", (error) => error.code)`;

describe("faultGuard: false", () => {
  test("in the first openInstance leaves faults as they are", async () => {
    const { signal } = await ended(`await openInstance("/dev/shm", { faultGuard: false }); ${FAULT}`);
    expect(signal).toBe("SIGBUS");
  });

  test("in a worker first counts for the process", async () => {
    const { signal } = await ended(`
      const { Worker } = require("node:worker_threads");
      const worker = new Worker(\`import("famfs").then(({ openInstance }) => openInstance("/dev/shm", { faultGuard: false }))\`, { eval: true, execArgv: [] });
      await new Promise((resolve) => worker.on("exit", resolve));
      ${FAULT}`);
    expect(signal).toBe("SIGBUS");
  });

  test("leaves the handlers of others alone", async () => {
    const found = await shown(`
      const masks = () => /^SigCgt:\\s*(\\w+)/m.exec(fs.readFileSync("/proc/self/status", "utf8"))[1];
      const before = masks();
      await openInstance("/dev/shm", { faultGuard: false });
      (await sevens(1)).map();
      const without = masks();
      show({ same: before === without });
      await instance.close();`);
    expect(found).toEqual({ same: true });
  });

  test.each([
    ["an openInstance that said nothing", `await openInstance("/dev/shm");`],
    ["an openInstance that wanted it", `await openInstance("/dev/shm", { faultGuard: true });`],
    ["a mapping", "(await sevens(1)).map();"],
    [
      "an openHandle",
      `const path = process.argv[1];
       fs.writeFileSync(path, Buffer.alloc(PAGE));
       const { dev, ino } = fs.statSync(path, { bigint: true });
       await openHandle({ path, kind: "tmpfs", identity: dev + ":" + ino, offset: 0, length: PAGE, alignment: PAGE, access: "read-only", coherence: "coherent" });`,
    ],
  ])("comes too late after %s", async (_name, first) => {
    const { path, name } = await tmpfsInstance();
    const script = `${first}
      const code = ${OTHER};
      show(code);
      await instance?.close();`;
    const found = await shown(script, { args: [path(name())] });
    expect(found).toBe("ERR_FAMFS_FAULT_GUARD_DECIDED");
  });

  test("stays, and who asks for the guard afterwards is told", async () => {
    const found = await shown(`
      await openInstance("/dev/shm", { faultGuard: false });
      const silent = await openInstance("/dev/shm");
      const asked = await openInstance("/dev/shm", { faultGuard: true }).then(() => "none", (error) => error.code);
      const same = ${OTHER};
      show({ silent: silent.kind, asked, same });`);
    expect(found).toEqual({ silent: "tmpfs", asked: "ERR_FAMFS_FAULT_GUARD_DECIDED", same: "none" });
  });

  test("in a call that is refused for another option decides nothing", async () => {
    const found = await shown(`
      const refused = await openInstance("/dev/shm", { faultGuard: false, allowPageCache: 1 }).then(() => "none", (error) => error.code);
      await openInstance("/dev/shm", { faultGuard: true });
      show(refused);`);
    expect(found).toBe("ERR_FAMFS_INVALID_TYPE");
  });
});
