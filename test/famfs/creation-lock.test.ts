import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CreationLock } from "../../lib/instance/famfs/creation-lock.js";
import { expectError, thrownBy } from "../support/errors.js";

/** A folder with the file that is locked; as for famfs, nobody may write to it. */
function famfs() {
  const root = mkdtempSync("/dev/shm/famfs-creation-lock-");
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, ".meta"));
  writeFileSync(join(root, ".meta/.superblock"), "", { mode: 0o444 });
  return { root };
}

async function open(mount: { root: string }, patience?: number): Promise<CreationLock> {
  const lock = await CreationLock.open(mount, patience);
  onTestFinished(() => {
    try {
      lock.close();
    } catch {
      // The test closed it.
    }
  });
  return lock;
}

/** Takes the lock until it is told to let go. */
function hold(lock: CreationLock): { readonly done: Promise<void>; letGo(): void } {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return { done: lock.whileAlone(undefined, () => held), letGo: () => letGo() };
}

test("of many that want to be alone one is, each in its turn", async () => {
  const mount = famfs();
  let inside = 0;
  let most = 0;
  let turns = 0;
  const wanting = Array.from({ length: 12 }, async () => {
    const lock = await open(mount);
    await lock.whileAlone(undefined, async () => {
      most = Math.max(most, ++inside);
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 3));
      inside--;
    });
  });
  await Promise.all(wanting);
  expect({ most, turns }).toEqual({ most: 1, turns: 12 });
});

test("who waits too long hears what to look at", async () => {
  const mount = famfs();
  const holder = hold(await open(mount));
  const lock = await open(mount, 60);
  const path = join(mount.root, ".meta/.superblock");
  const message = `creating on the famfs at ${mount.root} for 60 ms, or was stopped while it did; \`fuser -v ${path}\``;
  await expectError("ERR_FAMFS_TIMEOUT", () => lock.whileAlone(undefined, async () => {}), message);
  holder.letGo();
  await holder.done;
  await lock.whileAlone(undefined, async () => {});
});

test("a wait ends when it is aborted", async () => {
  const mount = famfs();
  hold(await open(mount));
  const lock = await open(mount);
  const waiting = thrownBy(() => lock.whileAlone(AbortSignal.timeout(40), async () => {}));
  expect(await waiting).toMatchObject({ name: "TimeoutError" });
});

test("it is given back when the work fails, or its holder is closed", async () => {
  const mount = famfs();
  const [first, second] = [await open(mount), await open(mount, 1000)];
  const fail = () =>
    first.whileAlone(undefined, async () => {
      throw new Error("no");
    });
  expect(await thrownBy(fail)).toMatchObject({ message: "no" });
  await second.whileAlone(undefined, async () => {});
  void hold(first);
  await new Promise((resolve) => setTimeout(resolve, 10));
  first.close();
  await second.whileAlone(undefined, async () => {});
});

test("a name is taken until its holder is closed, and no other name with it", async () => {
  const mount = famfs();
  const [maker, waiter] = [await open(mount), await open(mount, 50)];
  await maker.takeName("a", undefined);
  await waiter.untilFree("b", 0, undefined);
  await waiter.takeName("b", undefined);
  await expectError("ERR_FAMFS_TIMEOUT", () => waiter.takeName("a", undefined), "for 50 ms");
  await expectError("ERR_FAMFS_TIMEOUT", () => waiter.untilFree("a", 64 * 2 ** 20, undefined), "for 1074 ms");
  setTimeout(() => maker.close(), 30);
  await waiter.untilFree("a", 0, undefined);
});
