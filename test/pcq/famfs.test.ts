import { PcqQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";
import { Messages, Peer, WELL } from "./peer.js";

describe.skipIf(noFuse)(named("a queue on famfs", noFuse), () => {
  test("is made by famfs's own command, the consumer's file first, on memory that held something else", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    using queue = await PcqQueue.create(instance, "q", { buckets: 100, bucketSize: 64, permissions: "producer" });
    const made = master.commands.map((command) => [command[0], command[command.indexOf("-m") + 1], command.at(-1)]);
    expect(made).toEqual([
      ["creat", "444", master.path("q.consumer")],
      ["creat", "644", master.path("q")],
    ]);
    expect(queue.info()).toMatchObject({ messages: 0, produced: 0, consumed: 0 });
    expect(instance.coherence).toBe("incoherent");
  });

  test("goes between this library and the C program, both ways, and lets its famfs be unmounted afterwards", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const shape = { buckets: 32, bucketSize: 128 };
    const messages = new Messages(112, 77);
    {
      using there = await PcqQueue.create(instance, "there", { ...shape, role: "producer" });
      using back = await PcqQueue.create(instance, "back", { ...shape, role: "consumer" });
      const peers = [
        new Peer("consume", there.path, { count: 500, seed: 77 }),
        new Peer("produce", back.path, { count: 500, seed: 77 }),
      ];
      for (let i = 0; i < 500; i++) {
        await there.produce(messages.make(i), { timeout: 10_000 });
        messages.check(await back.consume({ timeout: 10_000 }), i);
      }
      for (const { ended } of peers) expect(await ended).toEqual(WELL);
      expect(back.retries).toBe(0);
    }
    await instance.close();
    await master.mount[Symbol.asyncDispose]();
  });

  test("is not begun where its second file could not have a name, or this host is no master", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const shape = { buckets: 4, bucketSize: 64 };
    await expectError("ERR_FAMFS_INVALID_NAME", () => PcqQueue.create(instance, "q".repeat(71), shape));
    expect(master.commands).toEqual([]);
    const there = await master.open("client");
    await expectError("ERR_FAMFS_NOT_MASTER", () => PcqQueue.create(there, "q", shape));
  });
});
