import fc from "fast-check";
import {
  DEVICE_ENTRY,
  devicePayload,
  FILE_ENTRY,
  type FileFields,
  FOLDER_ENTRY,
  filePayload,
  folderPayload,
} from "../doubles/media-bytes.js";

/** From the clock, and printed, so that a failure can be repeated. */
const SEED = Number(process.env["FAST_CHECK_SEED"] ?? Date.now() % 2 ** 31);
console.log(`fast-check seed ${SEED}; repeat with FAST_CHECK_SEED=${SEED}`);
fc.configureGlobal({ seed: SEED });

/** Any UUID, as text. */
export const uuids = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
  const hex = Buffer.from(bytes).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
});

const parts = fc
  .string({
    unit: fc.constantFrom("a", "b", "-", ".", " ", "ü", "\u{1f600}", "\ufffd", "\n", "\ufeff"),
    minLength: 1,
    maxLength: 12,
  })
  .filter((part) => part !== "." && part !== "..");

/** A name that a famfs may have: at most 79 bytes. */
export const names = fc
  .array(parts, { minLength: 1, maxLength: 4 })
  .map((list) => list.join("/"))
  .filter((name) => Buffer.byteLength(name) <= 79);

const u32 = fc.nat({ max: 2 ** 32 - 1 });

function extentsOf(lengths: fc.Arbitrary<number>): fc.Arbitrary<{ device: number; offset: number; length: number }> {
  return fc.record({ device: fc.constantFrom(0, 0, 1, 7), offset: fc.nat({ max: 2 ** 45 }), length: lengths });
}

/** A file that a famfs may have, of either kind of extents, which hold just its size or more. */
export const files: fc.Arbitrary<FileFields> = fc.oneof(simpleFiles(), interleavedFiles());

function withOwner<T extends object>(rest: fc.Arbitrary<T>) {
  const owner = fc.record({ name: names, mode: fc.nat({ max: 0o777 }), uid: u32, gid: u32 });
  return fc.tuple(owner, rest).map(([fields, more]) => ({ ...fields, ...more }));
}

function simpleFiles(): fc.Arbitrary<FileFields> {
  const extents = fc.array(extentsOf(fc.integer({ min: 1, max: 2 ** 40 })), { minLength: 1, maxLength: 16 });
  const missing = fc.double({ min: 0, max: 1, noNaN: true });
  return withOwner(
    fc.tuple(extents, missing).map(([list, part]) => {
      const total = list.reduce((sum, { length }) => sum + length, 0);
      return { size: Math.max(1, total - Math.floor(part * total)), map: { extents: list } };
    }),
  );
}

function interleavedFiles(): fc.Arbitrary<FileFields> {
  const shape = fc.record({
    chunkSize: fc.integer({ min: 12, max: 30 }).map((bits) => 2 ** bits),
    rows: fc.integer({ min: 1, max: 5 }),
    strips: fc.array(extentsOf(fc.constant(1)), { minLength: 1, maxLength: 16 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  return withOwner(
    shape.map(({ chunkSize, rows, strips, part }) => {
      const length = rows * chunkSize;
      const total = length * strips.length;
      const list = strips.map((strip) => ({ ...strip, length }));
      return { size: Math.max(1, total - Math.floor(part * total)), map: { chunkSize, strips: list } };
    }),
  );
}

/** An entry of the log, as its writer makes it. */
export type WrittenEntry =
  | { readonly type: typeof FILE_ENTRY; readonly fields: FileFields }
  | { readonly type: typeof FOLDER_ENTRY; readonly fields: { name: string; mode: number; uid: number; gid: number } }
  | { readonly type: typeof DEVICE_ENTRY; readonly fields: { index: number; size: number; uuid: string } };

/** Any entry. */
export const entries: fc.Arbitrary<WrittenEntry> = fc.oneof(
  files.map((fields) => ({ type: FILE_ENTRY, fields }) as const),
  withOwner(fc.constant({})).map((fields) => ({ type: FOLDER_ENTRY, fields }) as const),
  fc
    .record({ index: u32, size: fc.maxSafeNat(), uuid: uuids })
    .map((fields) => ({ type: DEVICE_ENTRY, fields }) as const),
);

/** What an entry holds. */
export function payloadOf(entry: WrittenEntry): Buffer {
  if (entry.type === FILE_ENTRY) return filePayload(entry.fields);
  return entry.type === FOLDER_ENTRY ? folderPayload(entry.fields) : devicePayload(entry.fields);
}
