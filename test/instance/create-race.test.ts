import { mkdirSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { Child } from "../support/child.js";
import { testInstance } from "../support/instance.js";

const RACERS = 8;
const ROUNDS = 25;
const SIZE = 256 * 1024;

/** Each of the processes tries every name at about the same time, and looks at what is there under it meanwhile. */
const RACER = `
  import { openInstance } from "famfs";
  const [path, stem, rounds, size, ifExists] = process.argv.slice(1);
  const instance = await openInstance(path);
  const expected = Number(size);
  const problems = [];
  const won = [];

  async function look(name) {
    for (;;) {
      try {
        const file = await instance.open(name);
        if (file.size !== expected) problems.push(name + " has " + file.size + " bytes");
        const mapping = file.map();
        if (mapping.bytes()[expected - 1] !== 0) problems.push(name + " is not zero at its end");
        mapping.close();
        file.close();
        return;
      } catch (error) {
        if (error.code !== "ERR_FAMFS_NOT_FOUND") return void problems.push(error.message);
        await new Promise(setImmediate);
      }
    }
  }

  process.send("ready");
  await new Promise((resolve) => process.once("message", resolve));
  for (let round = 0; round < Number(rounds); round++) {
    const name = stem + round;
    const seen = look(name);
    try {
      const file = await instance.create(name, { size: expected, ifExists });
      const before = Atomics.add(file.map().view(Int32Array), 0, 1);
      if (before === 0) won.push(round);
    } catch (error) {
      if (error.code !== "ERR_FAMFS_EXISTS") problems.push(error.message);
    }
    await seen;
  }
  process.send({ won, problems });
  process.disconnect();
`;

async function race(ifExists: "error" | "open") {
  const { instance, name, path } = await testInstance();
  const folder = name("race");
  mkdirSync(path(folder));
  const stem = `${folder}/`;
  const args = [instance.path, stem, String(ROUNDS), String(SIZE), ifExists];
  const children = Array.from({ length: RACERS }, () => new Child(RACER, { args }));
  for (const child of children) await child.message();
  for (const child of children) child.send("go");
  const results = await Promise.all(children.map((child) => child.message<{ won: number[]; problems: string[] }>()));
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  const names = Array.from({ length: ROUNDS }, (_, round) => `${stem}${round}`);
  expect(readdirSync(path(folder)).sort()).toEqual(names.map((made) => made.slice(stem.length)).sort());
  const counts: number[] = [];
  for (const made of names) {
    const file = await instance.open(made);
    counts.push(file.map().view(Int32Array, 0, 1)[0] ?? -1);
    file.close();
  }
  const won = results.flatMap((result) => result.won).sort((a, b) => a - b);
  return { won, counts };
}

const rounds = Array.from({ length: ROUNDS }, (_, round) => round);

test("of 8 processes that create one name exactly one wins, and nobody sees a part of a file", async () => {
  const { won, counts } = await race("error");
  expect(won).toEqual(rounds);
  expect(counts).toEqual(rounds.map(() => 1));
});

test('with ifExists "open" all 8 get the same file', async () => {
  const { won, counts } = await race("open");
  expect(won).toEqual(rounds);
  expect(counts).toEqual(rounds.map(() => RACERS));
});
