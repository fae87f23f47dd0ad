import assert from "node:assert/strict";
import { createTmpfsInstance, openHandle } from "famfs";

const instance = await createTmpfsInstance();
const file = await instance.create("smoke", { size: 1 << 20 });
const mapping = file.map();
mapping.view(Float64Array, 8, 1)[0] = 0.5;
const other = await openHandle(mapping.handle(), { access: "read-only" });
assert.equal(other.view(Float64Array, 8, 1)[0], 0.5);
await mapping.prefault("write").catch((error) => assert.equal(error.code, "ERR_FAMFS_UNSUPPORTED_KERNEL"));

// A stray store to a read-only mapping: contained, and told.
other.bytes()[0] = 1;
assert.equal(mapping.bytes()[0], 0);
assert.equal(other.failure.kind, "read-only-store");

await instance.close();
other.close();
await Promise.all([mapping.released, other.released]);
console.log(`ESM on ${process.arch}, Node ${process.versions.node}: create, map, share, contain, close`);
