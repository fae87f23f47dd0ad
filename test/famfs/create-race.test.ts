import { openInstance } from "famfs";
import { describe, expect, test } from "vitest";
import { Child } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { type FamfsMaster, famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";

const MIB = 2 ** 20;
const RACERS = 8;
const ROUNDS = 6;
const SIZE = 5 * MIB + 11;

/**
 * Each of the processes tries every name at about the same time. Who wins finds zeros, uses the file at once, and looks
 * for a while whether anybody touches what it stored.
 */
const RACER = `
  import { openInstance } from "famfs";
  const [path, rounds, size] = process.argv.slice(1).map((word, i) => (i === 0 ? word : Number(word)));
  const instance = await openInstance(path);
  const problems = [];
  const won = [];

  async function use(name, file) {
    const mapping = file.map();
    const bytes = mapping.bytes();
    if (!Buffer.alloc(size).equals(bytes)) problems.push(name + " was not zero");
    const mine = Buffer.alloc(size, process.pid % 251 + 1);
    bytes.set(mine);
    mapping.writeBack(0, size);
    for (let i = 0; i < 25; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (!mine.equals(bytes)) return void problems.push(name + " was touched");
    }
  }

  process.send("ready");
  await new Promise((resolve) => process.once("message", resolve));
  for (let round = 0; round < rounds; round++) {
    try {
      const file = await instance.create("race" + round, { size });
      won.push(round);
      await use("race" + round, file);
    } catch (error) {
      if (error.code !== "ERR_FAMFS_EXISTS") problems.push(error.message);
    }
  }
  process.send({ pid: process.pid, won, problems });
  process.disconnect();
`;

interface Raced {
  readonly pid: number;
  readonly won: readonly number[];
  readonly problems: readonly string[];
}

/** A process that creates a file, and what happens to it then. */
function creator(master: FamfsMaster, size: number, then: string, wrong = ""): Child {
  const script = `
    import { openInstance } from "famfs";
    const [path, size] = process.argv.slice(1);
    const instance = await openInstance(path);
    const at = (done) => { ${then} };
    const file = await instance.create("a", { size: Number(size), onProgress: ({ done }) => at(done) });
    process.send("made");
    setInterval(() => {}, 1000);
  `;
  return new Child(script, { args: [master.root, String(size)], env: { FAMFS_CLI: master.cli(wrong).join(" ") } });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.skipIf(noFuse)(named("processes that create on one famfs", noFuse), () => {
  test("of 8 that create one name exactly one wins, and nobody touches what it stores", async () => {
    const master = await famfsMaster();
    const env = { FAMFS_CLI: master.cli().join(" ") };
    const args = [master.root, String(ROUNDS), String(SIZE)];
    const children = Array.from({ length: RACERS }, () => new Child(RACER, { args, env }));
    for (const child of children) await child.message();
    for (const child of children) child.send("go");
    const results = await Promise.all(children.map((child) => child.message<Raced>()));
    expect(results.flatMap(({ problems }) => problems)).toEqual([]);
    const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
    expect(results.flatMap(({ won }) => won).sort()).toEqual(rounds);
    // As it was left by its maker.
    for (const { pid, won } of results) {
      for (const round of won) {
        expect(Buffer.alloc(SIZE, (pid % 251) + 1).equals(master.bytes(`race${round}`))).toBe(true);
      }
    }
    // Who came later has not even asked.
    expect(master.commands).toHaveLength(ROUNDS);
    expect(master.tookTurns).toBe(true);
  });

  test("take turns at the command, whatever they make", async () => {
    const master = await famfsMaster();
    const env = { FAMFS_CLI: master.cli("linger=50").join(" ") };
    const script = `
      import { openInstance } from "famfs";
      const instance = await openInstance(process.argv[1]);
      const mine = process.argv[2];
      await instance.mkdir(mine);
      await Promise.all([
        instance.create(mine + "/a", { size: 1 }),
        instance.createMany([{ name: mine + "/b", size: 1 }, { name: mine + "/c", size: 1 }]),
        instance.replay(),
      ]);
    `;
    const children = ["x", "y", "z"].map((name) => new Child(script, { args: [master.root, name], env }));
    for (const child of children) expect(await child.ended).toMatchObject({ code: 0, stderr: "" });
    expect(master.commands).toHaveLength(12);
    expect(master.tookTurns).toBe(true);
  });

  test('with ifExists "open" a file is had when it is filled', async () => {
    const master = await famfsMaster();
    const size = 256 * MIB;
    const child = creator(master, size, `if (done < Number(size)) process.send("zeroing")`);
    expect(await child.message()).toBe("zeroing");
    const instance = await master.open();
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size }));
    const file = await instance.create("a", { size, ifExists: "open" });
    const bytes = file.map().bytes();
    expect(bytes[bytes.length - 1]).toBe(0);
    expect(bytes[16 * MIB - 1]).toBe(0);
  });
});

describe.skipIf(noFuse)(named("a creator on famfs that is killed", noFuse), () => {
  test("while its command is at work leaves the lock to it", async () => {
    const master = await famfsMaster();
    const child = creator(master, MIB, "", "linger=900");
    await until(() => master.calls.length > 0);
    child.process.kill("SIGKILL");
    await child.ended;
    const instance = await master.open();
    await instance.create("b", { size: MIB });
    expect(master.commands).toHaveLength(2);
    expect(master.tookTurns).toBe(true);
    // The command has come to its end, and made what nobody fills any more.
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size: MIB }));
    expect(master.bytes("a")[0]).toBe(0xa5);
  });

  test("while it fills the file leaves it as it is, and nobody waits", async () => {
    const master = await famfsMaster();
    const size = 64 * MIB;
    const child = creator(master, size, `if (done > 0) process.kill(process.pid, "SIGKILL")`);
    expect((await child.ended).signal).toBe("SIGKILL");
    const instance = await master.open();
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size }));
    expect(master.bytes("a")[0]).toBe(0);
    expect((await instance.create("a", { size, ifExists: "open" })).size).toBe(size);
  });

  test("by Ctrl-C leaves its command to come to its end", async () => {
    const master = await famfsMaster();
    const child = creator(master, MIB, "", "linger=500");
    await until(() => master.calls.length > 0);
    child.process.kill("SIGINT");
    await child.ended;
    await until(() => master.calls.includes("ended"));
    await using instance = await openInstance(master.root);
    expect((await instance.open("a")).size).toBe(MIB);
  });
});
