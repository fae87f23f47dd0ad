/** What the views of a schema are held to. Ratios are the rival's time divided by ours: 1 is equal, 2 twice as fast. */
export const TARGETS: readonly { readonly name: string; readonly atLeast: number }[] = [
  { name: "read a record of 8 fields, moved view", atLeast: 0.9 },
  { name: "write a record of 8 fields, moved view", atLeast: 0.75 },
  { name: "read a record of 8 fields, new view per record", atLeast: 0.9 },
  { name: "write a record of 8 fields, new view per record", atLeast: 0.75 },
  { name: "new view per record against moved view, read", atLeast: 0.9 },
  { name: "new view per record against moved view, write", atLeast: 0.9 },
  { name: "read a record of 8 fields, fallback", atLeast: 0.6 },
  { name: "write a record of 8 fields, fallback", atLeast: 0.6 },
  { name: "sum of a vector field against a typed array", atLeast: 0.95 },
];

/** Milliseconds that defining a schema of 100 fields, with its fingerprint and first view, may take. */
export const DEFINITION_MS = 2;

/** What every single kind is held to. */
export const KIND_TARGETS = { read: 0.9, write: 0.75 } as const;
