/**
 * What kills, stops, races or measures many processes, or compiles programs in other languages, and so takes minutes:
 * `npm run test:proofs` runs these files, `npm test` the others.
 */
export const PROOFS = [
  "test/conformance/damage.test.ts",
  "test/conformance/deaths.test.ts",
  "test/conformance/torture.test.ts",
  "test/examples/c-peer.test.ts",
  "test/famfs/create-race.test.ts",
  "test/litmus/concurrent.test.ts",
  "test/pcq/exchange.test.ts",
  "test/schema/exchange.test.ts",
  "test/segment/directory.test.ts",
  "test/segment/join-death.test.ts",
  "test/segment/join.test.ts",
  "test/structures/allocation.test.ts",
  "test/structures/barrier.test.ts",
  "test/structures/mutex-owners.test.ts",
  "test/structures/mutex.test.ts",
  "test/structures/queue-deaths.test.ts",
  "test/structures/queue-many.test.ts",
];
