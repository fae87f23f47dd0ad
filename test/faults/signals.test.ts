import { describe, expect, test } from "vitest";
import { ended, shown } from "./script.js";
import { testAddon } from "./test-addon.js";

const ADDON = testAddon();

const MAP = `
  const file = await sevens(4);
  const mapping = file.map();
  const v = mapping.bytes();`;
const FAULT = `
  fs.truncateSync(file.path, PAGE);
  const lost = v[PAGE];`;

describe("signals outside of mappings", () => {
  test("reach a handler that was there before, and ours are contained", async () => {
    const found = await shown(`${ADDON}
      addon.installRepairing();
      ${MAP} ${FAULT}
      const first = addon.faultOnOwnPages();
      const second = addon.faultOnOwnPages();
      show({ lost, kind: mapping.failure.kind, first, second });
      await instance.close();`);
    expect(found).toEqual({ lost: 0, kind: "truncated", first: 2, second: 4 });
  });

  test("a handler installed after ours that passes on what is not its own", async () => {
    const { code, stdout, stderr } = await ended(`${ADDON}
      ${MAP}
      addon.installRepairing();
      ${FAULT}
      const { mapping: readable } = await readOnly(1);
      readable.bytes()[0] = 1;
      await readOnly(1);
      show({ lost, kind: readable.failure.kind, handled: addon.faultOnOwnPages() });
      await instance.close();`);
    expect(JSON.parse(stdout)).toEqual({ lost: 0, kind: "read-only-store", handled: 2 });
    expect(code).toBe(0);
    expect(stderr.match(/FAMFS_FAULT_GUARD_REPLACED/g)).toHaveLength(1);
  });

  test("V8's trap handler still makes RuntimeErrors of WebAssembly out of bounds", async () => {
    const found = await shown(`
      ${MAP}
      // (memory 1) (func (export "load") (param i32) (result i32) local.get 0 i32.load)
      const code = Buffer.from("0061736d010000000106016001" + "7f017f" + "030201000503010001" + "0708" + "01046c6f6164" + "0000" + "0a09010700" + "2000" + "280200" + "0b", "hex");
      const load = new WebAssembly.Instance(new WebAssembly.Module(code)).exports.load;
      const trap = () => { try { return load(0x7fffffff); } catch (error) { return error.constructor.name; } };
      const before = trap();
      ${FAULT}
      const after = Array.from({ length: 3 }, trap);
      show({ before, after, lost, inside: load(0) });
      await instance.close();`);
    const RuntimeError = "RuntimeError";
    expect(found).toEqual({
      before: RuntimeError,
      after: [RuntimeError, RuntimeError, RuntimeError],
      lost: 0,
      inside: 0,
    });
  });

  test("a real crash ends the process by SIGSEGV, as without us", async () => {
    const { signal } = await ended(`${ADDON} ${MAP} ${FAULT} addon.crash();`);
    expect(signal).toBe("SIGSEGV");
  });

  test("a real crash on a thread of another addon, too", async () => {
    const { signal } = await ended(`${ADDON} ${MAP} ${FAULT} addon.crashOnThread();`);
    expect(signal).toBe("SIGSEGV");
  });

  test("a reporter that asked to be called once is, and then the fault ends the process", async () => {
    const { signal, stderr } = await ended(`${ADDON} addon.installReportingOnce(); ${MAP} ${FAULT} addon.crash();`, {
      timeout: 5000,
    });
    expect(signal).toBe("SIGSEGV");
    expect(stderr).toBe("report\n");
  });

  test("a reporter that crashes itself ends the process, and is not called again", async () => {
    const { signal, stderr } = await ended(`${ADDON} addon.installCrashing(); ${MAP} ${FAULT} addon.crash();`);
    expect(signal).toBe("SIGSEGV");
    expect(stderr).toBe("reporting\n");
  });

  test.each(["SIGSEGV", "SIGBUS"] as const)("%s sent from outside ends the process by that signal", async (name) => {
    const { signal } = await ended(`${MAP} ${FAULT} process.kill(process.pid, "${name}"); await turns(5000);`);
    expect(signal).toBe(name);
  });
});

describe("process.on", () => {
  test.each(["SIGBUS", "SIGSEGV"])(
    "%s before the first mapping hears of signals, and faults are contained",
    async (name) => {
      const { stdout, stderr, code } = await ended(`
      let heard = 0;
      process.on("${name}", () => heard++);
      ${MAP} ${FAULT}
      process.kill(process.pid, "${name}");
      await turns();
      show({ heard, lost, kind: mapping.failure.kind });
      process.removeAllListeners("${name}");
      await instance.close();`);
      expect(JSON.parse(stdout)).toEqual({ heard: 1, lost: 0, kind: "truncated" });
      expect(code).toBe(0);
      // Node takes the handler away with the last listener, and ours with it.
      expect(stderr).toContain("FAMFS_FAULT_GUARD_REPLACED");
    },
  );

  test.each(["SIGBUS", "SIGSEGV"])("%s after the first mapping is warned of, at once and once", async (name) => {
    const { stderr } = await ended(`${MAP}
      process.on("${name}", () => {});
      process.on("${name}", () => {});
      file.map();
      await instance.close();
      process.exit();`);
    expect(stderr.match(/FAMFS_FAULT_GUARD_REPLACED/g)).toHaveLength(1);
    expect(stderr).toContain(`process.on("SIGBUS")`);
  });

  test("other signals and listeners are warned of by nobody", async () => {
    const { stderr } = await ended(`${MAP}
      for (const name of ["SIGUSR2", "SIGTERM", "exit"]) process.on(name, () => {});
      file.map();
      await instance.close();
      process.exit();`);
    expect(stderr).toBe("");
  });
});
