/** What the views of a schema are held to. Ratios are the rival's time divided by ours: 1 is equal, 2 twice as fast. */
export const TARGETS: readonly { readonly name: string; readonly atLeast: number }[] = [
  { name: "read a record of 8 fields, moved view", atLeast: 0.9 },
  { name: "write a record of 8 fields, moved view", atLeast: 0.75 },
  { name: "read a record of 8 fields, fallback", atLeast: 0.6 },
  { name: "write a record of 8 fields, fallback", atLeast: 0.6 },
  { name: "new view per record against moved view, read", atLeast: 1 },
  { name: "new view per record against moved view, write", atLeast: 1 },
  { name: "sum of a vector field against a typed array", atLeast: 1 },
];

/**
 * What records of four fields of one kind are held to. These are no targets but a net: a setter that the engine compiles
 * badly, as some generated ones were on Node 24, falls through it.
 */
export const KIND_FLOOR = 0.4;

/** Milliseconds that defining a schema of 100 fields may take. */
export const DEFINITION_MS = 2;
