// Runs the arm64 addon's cache and commit code; test/arm64/run.sh starts it under qemu-user. It shows that the
// instructions are accepted and that the protocols keep their bytes; of arm64's memory ordering it shows nothing.
import assert from "node:assert/strict";
import { capabilities, fullFence, openInstance, storeFence } from "famfs";

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
  await instance.close();
}
console.log("arm64: all well");
