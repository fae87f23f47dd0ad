// Runs the arm64 addon's cache, commit and record code; test/arm64/run.sh starts it under qemu-user. It shows that the
// instructions are accepted and that the protocols keep their bytes; of arm64's memory ordering it shows nothing.
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { capabilities, fullFence, openInstance, PcqQueue, storeFence } from "famfs";

assert.equal(process.arch, "arm64");
const { writeBack, invalidate, lineSize, incoherent } = capabilities();
console.log({ writeBack, invalidate, lineSize });
assert.deepEqual([writeBack, invalidate], [process.env["FAMFS_WRITEBACK"] || "dc cvac", "dc civac"]);
assert.equal(incoherent, true);

for (const coherence of ["coherent", "incoherent"]) {
  const instance = await openInstance(process.argv[2], { coherence });
  const mapping = (await instance.create(`memory-${coherence}`, { size: 65_536 })).map();
  for (const bits of [32, 64]) {
    const word = mapping.commitWord(64, { bits, site: "check" });
    for (const [offset, length] of [
      [72, 40],
      [4000, 1000],
      [8192, 64],
    ]) {
      const source = Uint8Array.from({ length }, (_, i) => i + bits);
      const copy = new Uint8Array(length);
      const value = word.observe() + (word.observe() % 2) + 2;
      word.overwrite(value, offset, source);
      assert.equal(word.read(offset, copy), value);
      assert.deepEqual(copy, source);
      word.begin();
      assert.equal(word.read(offset, copy), undefined);
      word.publish(value + 2, offset, length);
      assert.ok(word.stillIs(value + 2));
    }
    if (bits === 64) {
      word.publish(Number.MAX_SAFE_INTEGER, 0, 0);
      assert.equal(word.observe(), Number.MAX_SAFE_INTEGER);
      assert.equal(mapping.view(BigUint64Array, 64, 1)[0], BigInt(Number.MAX_SAFE_INTEGER));
    }
    const now = word.observe();
    setTimeout(() => word.publish(now === Number.MAX_SAFE_INTEGER ? 1 : now + 1, 0, 0), 20);
    await mapping.waitUntil(64, { bits, not: now }, { timeout: 10_000 });
    assert.throws(() =>
      mapping.waitUntilSync(
        128,
        { bits, not: mapping.commitWord(128, { bits, site: "check" }).observe() },
        { timeout: 5 },
      ),
    );
    word.publish(0, 0, 0);
  }
  mapping.writeBack(1, 60_000);
  storeFence();
  mapping.invalidate(1, 60_000);
  mapping.fetch(0, 100);
  fullFence();

  for (const bucketSize of [32, 256]) {
    const name = `queue-${coherence}-${bucketSize}`;
    const producer = await PcqQueue.create(instance, name, { buckets: 5, bucketSize, role: "producer" });
    const consumer = await PcqQueue.open(instance, name, { role: "consumer" });
    const buckets = (await instance.open(name))
      .map()
      .window(0x200000, 5 * bucketSize)
      .bytes();
    for (let number = 0; number < 12; number++) {
      const message = Uint8Array.from({ length: producer.messageSize }, (_, i) => i * 7 + number);
      assert.equal(producer.tryProduce(message), true);
      const bucket = Buffer.from(buckets.subarray((number % 5) * bucketSize).subarray(0, bucketSize));
      assert.equal(bucket.readBigUInt64LE(bucketSize - 16), BigInt(number));
      assert.equal(bucket.readBigUInt64LE(bucketSize - 8), BigInt(crc32(bucket.subarray(0, bucketSize - 8))));
      assert.deepEqual(consumer.tryConsume(), message);
    }
    assert.equal(consumer.retries, 0);
  }
  await instance.close();
}
console.log("arm64: all well");
