import { expect, test } from "vitest";
import { result } from "../support/child.js";
import { testInstance } from "../support/instance.js";
import { cannotMount, named } from "../support/requirements.js";

interface Said {
  readonly code: string;
  readonly message: string;
  readonly errno?: number;
}

test("too many open files: the error names the limit, and files open again after a close", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  await instance.create(fresh, { size: 4096 });
  const script = `
    import { openInstance } from "famfs";
    import { readdirSync } from "node:fs";
    const [path, name, other] = process.argv.slice(1);
    const instance = await openInstance(path);
    const files = [];
    let said;
    while (said === undefined && files.length < 1000) {
      await instance.open(name).then((file) => files.push(file), ({ code, message, errno }) => { said = { code, message, errno }; });
    }
    let create;
    await instance.create(other, { size: 1 }).catch(({ code }) => { create = code; });
    files.pop().close();
    files.pop().close();
    const before = readdirSync("/proc/self/fd").length;
    const again = await instance.open(name);
    const after = readdirSync("/proc/self/fd").length;
    console.log(JSON.stringify({ said, create, opened: files.length, grown: after - before, bytes: again.map().byteLength }));`;
  const other = name("other");
  const { said, create, opened, grown, bytes } = await result<{
    said: Said;
    create: string;
    opened: number;
    grown: number;
    bytes: number;
  }>(script, {
    args: [instance.path, fresh, other],
    wrapper: ["bash", "-c", 'ulimit -n 60; exec "$@"', "bash"],
  });
  expect(said).toMatchObject({ code: "ERR_FAMFS_FILE_LIMIT", errno: -24 });
  expect(said.message).toContain("ulimit -n");
  expect(create).toBe("ERR_FAMFS_FILE_LIMIT");
  expect(opened).toBeGreaterThan(5);
  expect(grown).toBe(1);
  expect(bytes).toBe(4096);
});

test("too many mappings: the error names the kernel's limit, the process lives on and can close and map again", async () => {
  const { instance, name } = await testInstance();
  const fresh = name();
  await instance.create(fresh, { size: 4096 });
  const script = `
    import { openInstance } from "famfs";
    const [path, name] = process.argv.slice(1);
    const file = await (await openInstance(path)).open(name);
    const mappings = [];
    const said = [];
    for (let round = 0; round < 3; round++) {
      try {
        while (mappings.length < 2_000_000) mappings.push(file.map());
      } catch ({ code, message }) {
        said.push({ code, message });
      }
      for (const mapping of mappings.splice(0, 1000)) mapping.close();
    }
    const again = file.map().bytes();
    console.log(JSON.stringify({ said, count: mappings.length, length: again.length }));`;
  const { said, length } = await result<{ said: Said[]; length: number }>(script, { args: [instance.path, fresh] });
  expect(said).toHaveLength(3);
  for (const { code, message } of said) {
    expect(code, message).toBe("ERR_FAMFS_MAP_LIMIT");
    expect(message).toContain("vm.max_map_count");
    expect(message).toContain("close some");
  }
  expect(length).toBe(4096);
});

test("no address space left: the error says so, and a smaller part still maps", async () => {
  const { instance, name, path } = await testInstance();
  const fresh = name("sparse");
  const script = `
    import { openInstance } from "famfs";
    import { truncateSync, writeFileSync } from "node:fs";
    import { execFileSync } from "node:child_process";
    import { readFileSync } from "node:fs";
    const [path, name, whole] = process.argv.slice(1);
    writeFileSync(whole, "");
    truncateSync(whole, 64 * 2 ** 30);
    const file = await (await openInstance(path)).open(name);
    file.map({ length: 4096 }).close();
    const used = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
    execFileSync("prlimit", ["--pid", String(process.pid), "--as=" + (used + 8 * 2 ** 30)]);
    const said = [];
    for (let round = 0; round < 3; round++) {
      try {
        file.map();
      } catch ({ code, message, errno }) {
        said.push({ code, message, errno });
      }
    }
    const part = file.map({ length: 2 ** 20 });
    console.log(JSON.stringify({ said, read: part.bytes()[5] }));`;
  const { said, read } = await result<{ said: Said[]; read: number }>(script, {
    args: [instance.path, fresh, path(fresh)],
  });
  expect(said).toHaveLength(3);
  for (const { code, message, errno } of said) {
    expect(code, message).toBe("ERR_FAMFS_ADDRESS_SPACE");
    expect(message).toContain("ulimit -v");
    expect(errno).toBe(-12);
  }
  expect(read).toBe(0);
});

/** Runs a script on a small tmpfs of its own at /mnt, in a mount namespace that goes with it. */
function onSmallTmpfs<T>(mountOptions: string, script: string): Promise<T> {
  const mount = `mount -t tmpfs -o ${mountOptions} tmpfs /mnt && exec "$@"`;
  return result<T>(script, { wrapper: ["unshare", "-m", "bash", "-c", mount, "bash"] });
}

const ON_MNT = `
  import { createTmpfsInstance, openInstance } from "famfs";
  import { readdirSync, statfsSync, writeFileSync, truncateSync } from "node:fs";
  const instance = await openInstance("/mnt");
  const said = [];
  const attempt = async (action) => {
    try { await action(); said.push({ code: "none" }); }
    catch ({ code, message, errno }) { said.push({ code, message, errno }); }
  };
  const free = () => { const { bavail, bsize } = statfsSync("/mnt"); return bavail * bsize; };
`;

test.skipIf(cannotMount)(
  named("a full tmpfs refuses a file at its creation, and keeps its room", cannotMount),
  async () => {
    const script = `${ON_MNT}
    const before = free();
    await attempt(() => instance.create("large", { size: 2 ** 20 + 1 }));
    const afterFirst = free();
    const file = await instance.create("a", { size: 700 * 1024 });
    await attempt(() => instance.create("b", { size: 700 * 1024 }));
    await instance.create("c", { size: free() });
    await attempt(() => instance.create("d", { size: 1 }));
    const bytes = file.map().bytes();
    bytes.fill(1);
    console.log(JSON.stringify({ said, kept: before === afterFirst, names: readdirSync("/mnt").sort(), sum: bytes[700 * 1024 - 1] }));`;
    const { said, kept, names, sum } = await onSmallTmpfs<{
      said: Said[];
      kept: boolean;
      names: string[];
      sum: number;
    }>("size=1M", script);
    const sizes = [2 ** 20 + 1, 700 * 1024, 1];
    for (const [index, { code, message, errno }] of said.entries()) {
      expect(code, message).toBe("ERR_FAMFS_NO_SPACE");
      expect(message).toContain(`needs ${sizes[index]} bytes`);
      expect(message).toMatch(/has \d+ free/);
      expect(message).toContain("--shm-size");
      expect(errno).toBe(-28);
    }
    expect(said).toHaveLength(3);
    expect(said[0]?.message).toContain(`has ${2 ** 20} free`);
    expect(said[2]?.message).toContain("has 0 free");
    expect({ kept, names, sum }).toEqual({ kept: true, names: ["a", "c"], sum: 1 });
  },
);

test.skipIf(cannotMount)(
  named("creators that race for the last room get all of it or an error", cannotMount),
  async () => {
    const script = `${ON_MNT}
    for (let round = 0; round < 20; round++) {
      const names = Array.from({ length: 6 }, (_, index) => round + "-" + index);
      await Promise.all(names.map((name) => attempt(() => instance.create(name, { size: 24 * 2 ** 20 }))));
      const { rmSync, statSync } = await import("node:fs");
      for (const name of readdirSync("/mnt")) {
        if (statSync("/mnt/" + name).blocks * 512 !== 24 * 2 ** 20) said.push({ code: "half", message: name });
        rmSync("/mnt/" + name);
      }
    }
    await instance.close();
    console.log(JSON.stringify({ said, free: free() }));`;
    const { said, free } = await onSmallTmpfs<{ said: Said[]; free: number }>("size=64M", script);
    const refused = said.filter(({ code }) => code !== "none");
    // At most two fit; each may also take away what another one needs.
    expect(refused.length).toBeGreaterThanOrEqual(20 * 4);
    for (const { code, message } of refused) {
      expect(code, message).toBe("ERR_FAMFS_NO_SPACE");
      expect(message).toMatch(/was full after \d+ of them|has \d+ free/);
      expect(Number(/(\d+) free|after (\d+)/.exec(message)?.slice(1).find(Boolean))).toBeLessThan(24 * 2 ** 20);
    }
    expect(free).toBe(64 * 2 ** 20);
  },
);

test.skipIf(cannotMount)(named("a tmpfs without inodes left is out of space too", cannotMount), async () => {
  const script = `${ON_MNT}
    await attempt(() => instance.create("a", { size: 1 }));
    await attempt(() => instance.create("b", { size: 1 }));
    await attempt(() => createTmpfsInstance({ directory: "/mnt" }));
    console.log(JSON.stringify({ said, names: readdirSync("/mnt") }));`;
  const { said, names } = await onSmallTmpfs<{ said: Said[]; names: string[] }>("size=1M,nr_inodes=2", script);
  const full = { code: "ERR_FAMFS_NO_SPACE", message: expect.stringContaining("inodes") as string, errno: -28 };
  expect(said).toEqual([{ code: "none" }, full, full]);
  expect(names).toEqual(["a"]);
});

test.skipIf(cannotMount)(named("a tmpfs mounted read-only refuses to create", cannotMount), async () => {
  const script = `${ON_MNT}
    await attempt(() => instance.create("a", { size: 1 }));
    await attempt(() => createTmpfsInstance({ directory: "/mnt" }));
    console.log(JSON.stringify(said));`;
  const said = await onSmallTmpfs<Said[]>("size=1M,ro", script);
  for (const { code, message } of said) {
    expect(code, message).toBe("ERR_FAMFS_PERMISSION");
    expect(message).toContain("read-only");
  }
  expect(said).toHaveLength(2);
});

test.skipIf(cannotMount)(named("a tmpfs without a limit creates what is asked for", cannotMount), async () => {
  const script = `${ON_MNT}
    const file = await instance.create("a", { size: 2 ** 20 });
    console.log(JSON.stringify(file.map().byteLength));`;
  expect(await onSmallTmpfs<number>("size=0", script)).toBe(2 ** 20);
});

test.skipIf(cannotMount)(
  named("prefault of a sparse file on a full tmpfs is an error, not a signal", cannotMount),
  async () => {
    const script = `${ON_MNT}
      writeFileSync("/mnt/sparse", "");
      truncateSync("/mnt/sparse", 4 * 2 ** 20);
      const mapping = (await instance.open("sparse", { access: "read-write" })).map();
      await attempt(() => mapping.prefault("write"));
      console.log(JSON.stringify(said));`;
    const [said] = await onSmallTmpfs<Said[]>("size=1M", script);
    expect(said?.code, said?.message).toBe("ERR_FAMFS_MEMORY_FAILURE");
    expect(said?.message).toContain("full");
  },
);
