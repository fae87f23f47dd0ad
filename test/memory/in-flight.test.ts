import { describe, expect, test } from "vitest";
import { type Ended, run } from "../support/child.js";
import { named, noTransfer } from "../support/requirements.js";

/**
 * Each round starts asynchronous native work on a mapping's buffer, closes the mapping while it runs, and waits for it.
 * What the work gives is its own affair (a detached buffer may be an error); the process must live.
 */
function rounds(count: number, work: string, close = "mapping.close();"): string {
  return `
    import { openInstance } from "famfs";
    import * as fs from "node:fs";
    import * as zlib from "node:zlib";
    import * as crypto from "node:crypto";
    import { rmSync } from "node:fs";
    const instance = await openInstance(process.env.FAMFS_PATH, { fallback: "tmpfs" });
    const SIZE = 4 << 20;
    const name = "flight-" + process.pid;
    const file = await instance.create(name, { size: SIZE });
    process.on("exit", () => rmSync(file.path, { force: true }));
    let settled = 0;
    const done = () => { settled++; };
    for (let round = 0; round < ${count}; round++) {
      const mapping = file.map();
      const bytes = mapping.bytes();
      const working = [];
      const start = (promise) => working.push(promise.then(done, done));
      const call = (begin) => start(new Promise((resolve) => begin(resolve)));
      ${work}
      for (let turn = 0; turn < round % 4; turn++) await new Promise(setImmediate);
      ${close}
      if (round % 8 === 7) gc();
      await Promise.all(working);
      await mapping.released;
    }
    console.log("settled " + settled);
    await instance.close();
  `;
}

async function survives(script: string, settled: number) {
  const ended = await run(script, { nodeOptions: ["--expose-gc"] });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(ended.stdout).toContain(`settled ${settled}`);
}

/** One step of work for zlib: output that fits into one chunk. */
const DEFLATE = "call((end) => zlib.deflate(bytes, { chunkSize: 8 << 20 }, end));";

describe("close while native code is at the buffer does not crash:", () => {
  test("zlib.deflate, on it many times", async () => {
    await survives(rounds(24, `${DEFLATE} ${DEFLATE}`), 48);
  });

  test("zlib.deflate through a window that closes alone, then its mapping", async () => {
    const work =
      "const part = mapping.window(4096, 2 << 20); call((end) => zlib.deflate(part.bytes(), { chunkSize: 8 << 20 }, end));";
    await survives(rounds(16, work, "part.close(); gc(); mapping.close();"), 16);
  });

  test("zlib with a garbage collection that finds every JavaScript reference gone", async () => {
    const close = "mapping.close(); for (let i = 0; i < 3; i++) { gc(); await new Promise(setImmediate); }";
    await survives(rounds(12, DEFLATE, close), 12);
  });

  test("zlib.inflate into it and brotli out of it", async () => {
    const work = `
      call((end) => zlib.brotliCompress(bytes.subarray(0, 1 << 20), { chunkSize: 8 << 20, params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }, end));
      call((end) => zlib.gzip(bytes.subarray(1 << 20), { chunkSize: 8 << 20 }, end));`;
    await survives(rounds(12, work), 24);
  });

  test("fs.read into it and fs.write out of it", async () => {
    const work = `
      const source = fs.openSync("/dev/zero", "r");
      const sink = fs.openSync("/dev/null", "w");
      call((end) => fs.read(source, bytes, 0, SIZE, null, end));
      call((end) => fs.write(sink, bytes, 0, SIZE, null, end));
      call((end) => fs.readv(source, [bytes.subarray(0, 4096), bytes.subarray(8192)], end));
      start(fs.promises.writeFile("/dev/null", bytes));
      start(Promise.allSettled(working.slice()).then(() => { fs.closeSync(source); fs.closeSync(sink); }));`;
    await survives(rounds(40, work), 200);
  });

  test("crypto: digest, hash, random numbers, sign, scrypt", async () => {
    const work = `
      start(crypto.subtle.digest("SHA-256", bytes));
      call((end) => crypto.randomFill(bytes, 0, 1 << 20, end));
      call((end) => crypto.pbkdf2(bytes.subarray(0, 4096), bytes.subarray(0, 64), 200, 64, "sha256", end));
      call((end) => crypto.scrypt(bytes.subarray(0, 64), bytes.subarray(64, 80), 64, end));
      start(crypto.subtle.importKey("raw", bytes.subarray(0, 32), "AES-GCM", false, ["encrypt"])
        .then((key) => crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, bytes)));`;
    await survives(rounds(24, work), 24 * 5);
  });

  test("prefault beside zlib", async () => {
    await survives(rounds(16, `start(mapping.prefault("write")); ${DEFLATE}`), 32);
  });

  test("TextDecoder, structuredClone, postMessage and Blob, which copy", async () => {
    const work = `
      start(new Blob([bytes]).arrayBuffer());
      start(Promise.resolve(structuredClone(bytes.subarray(0, 10))));
      start(new Response(bytes.subarray(0, 100_000)).arrayBuffer());
      new BroadcastChannel("x").postMessage(bytes.subarray(0, 10));`;
    const script = rounds(10, work).replace("await instance.close();", "await instance.close(); process.exit();");
    await survives(script, 30);
  });
});

test("zlib that needs several steps meets nothing worse than with any detached ArrayBuffer", async () => {
  const compress = (bytes: string, detach: string) => `
    import { openInstance } from "famfs";
    import * as zlib from "node:zlib";
    import { randomFillSync } from "node:crypto";
    const instance = await openInstance(undefined, { fallback: "tmpfs" });
    const mapping = (await instance.create("a", { size: 4 << 20 })).map();
    process.on("uncaughtException", (error) => { console.log(error.code); process.exit(3); });
    const bytes = ${bytes};
    randomFillSync(bytes);
    zlib.deflate(bytes, () => console.log("done"));
    ${detach}
    await instance.close();`;
  const plain = await run(
    compress("new Uint8Array(4 << 20)", "structuredClone(bytes.buffer, { transfer: [bytes.buffer] });"),
  );
  const famfs = await run(compress("mapping.bytes()", "mapping.close();"));
  const outcome = ({ code, signal, stdout }: Ended) => ({ code, signal, stdout });
  // Or it does not need them any more: the file's bytes have become zeros, which compress into one step.
  expect([outcome(plain), { code: 0, signal: null, stdout: "done\n" }]).toContainEqual(outcome(famfs));
  expect(plain.signal).not.toBe("SIGSEGV");
});

describe.skipIf(noTransfer)(named("ArrayBuffer.prototype.transfer", noTransfer), () => {
  const OPEN = `
    import { openInstance } from "famfs";
    import { readFileSync } from "node:fs";
    const instance = await openInstance(undefined, { fallback: "tmpfs" });
    const file = await instance.create("a", { size: 1 << 20 });
    const reference = file.map().bytes();
    const mapsOf = () => readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.includes(instance.path)).length;
    const collect = async (until, turns = 100) => { for (let turn = 0; turn < turns && !until(); turn++) { gc(); await new Promise((resolve) => setTimeout(resolve, 2)); } };
    const expect = (value, message) => { if (!value) throw new Error(message); };
  `;
  const works = async (script: string) => {
    const ended = await run(`${OPEN}${script}\nconsole.log("ok");`, { nodeOptions: ["--expose-gc"] });
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: "ok\n" });
  };

  test("the moved buffer is the same shared memory while the mapping is open", async () => {
    await works(`
      const mapping = file.map();
      const moved = new Uint8Array(mapping.buffer.transfer());
      moved[5] = 55;
      expect(reference[5] === 55, "not shared");
      expect(moved.length === 1 << 20, "length");`);
  });

  test("before close: the moved buffer stays usable, and no longer writes to the file", async () => {
    await works(`
      for (let round = 0; round < 20; round++) {
        const mapping = file.map();
        const moved = new Uint8Array(mapping.buffer.transfer());
        moved[5] = round;
        mapping.close();
        await mapping.released;
        gc();
        await new Promise(setImmediate);
        let sum = 0;
        for (const byte of moved) sum += byte;
        moved.fill(99);
        expect(reference[5] === round, "the file changed after close");
        expect(reference[7] === 0, "the file changed after close");
      }
      expect(mapsOf() === 1, "mappings are left");`);
  });

  test("the memory is unmapped once the moved buffer is collected", async () => {
    await works(`
      const count = () => readFileSync("/proc/self/maps", "utf8").split("\\n").length;
      const once = () => {
        const mapping = file.map();
        const moved = new Uint8Array(mapping.buffer.transfer());
        moved[0] = 1;
        mapping.close();
      };
      once();
      await collect(() => false, 20);
      const before = count();
      for (let round = 0; round < 300; round++) once();
      await collect(() => count() < before + 40);
      expect(count() < before + 40, "ranges are left: " + count() + " of " + before);`);
  });

  test("to another size copies, and close goes on", async () => {
    await works(`
      const mapping = file.map();
      mapping.bytes()[3] = 3;
      const copy = new Uint8Array(mapping.buffer.transfer(100));
      copy[4] = 4;
      expect(copy[3] === 3 && reference[4] === 0, "no copy");
      mapping.close();
      await mapping.released;
      expect(copy[3] === 3, "copy gone");`);
  });

  test("again and again, with the mapping forgotten, keeps the memory until the last is gone", async () => {
    await works(`
      const make = () => {
        let buffer = file.map().buffer;
        for (let i = 0; i < 5; i++) buffer = buffer.transfer();
        return { bytes: new Uint8Array(buffer) };
      };
      const kept = make();
      await collect(() => false, 20);
      expect(mapsOf() === 2, "unmapped too early");
      kept.bytes[9] = 90;
      expect(reference[9] === 90, "not shared");
      kept.bytes = undefined;
      await collect(() => mapsOf() === 1);
      expect(mapsOf() === 1, "not unmapped");`);
  });

  test("structuredClone with a transfer list leaves the mapping whole", async () => {
    await works(`
      const mapping = file.map();
      const buffer = mapping.buffer;
      try { structuredClone(buffer, { transfer: [buffer] }); } catch {}
      mapping.close();
      await mapping.released;
      gc();`);
  });
});
