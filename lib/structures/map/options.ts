import { FamfsError } from "../../errors.js";
import { oneOf, wrongType } from "../../guards.js";
import type { Fields } from "../../schema/infer.js";
import { i64Number, type ScalarType } from "../../schema/scalars.js";
import { Schema } from "../../schema/struct.js";
import { Utf8Type } from "../../schema/types.js";
import type { PatienceOptions } from "../../segment/patience.js";
import type { OpenStructure } from "../../segment/structure.js";
import { corrupt } from "../checks.js";
import { MapOptions, mapSize } from "./layout.js";
import type { MapShape } from "./table.js";

/** What the keys of a map can be: `i64Number`, safe integers; or `utf8(size)`, strings of at most so many bytes. */
export type MapKey = ScalarType<"i64Number"> | Utf8Type;

/** A key of a map in JavaScript. */
export type KeyOf<K extends MapKey> = K extends Utf8Type ? string : number;

/** Options of {@link SharedMap.open}. */
export interface OpenMapOptions<K extends MapKey, F extends Fields> {
  /** The type of the keys: `i64Number`, or `utf8(size)` with a size of at most 256. */
  key: K;
  /** The schema of the values. */
  value: Schema<F>;
  /** Claim the role of the writer. */
  role?: "writer" | undefined;
}

/** Options of {@link SharedMap.create}. */
export interface CreateMapOptions<K extends MapKey, F extends Fields> extends OpenMapOptions<K, F>, PatienceOptions {
  /** How many keys there is room for, from 1 to 2^30. */
  capacity: number;
  /** The host that the writer is bound to. Default: the creator's. */
  host?: number | undefined;
}

/** A slot's number has to fit into 31 bits. */
export const MOST_KEYS = 2 ** 30;

/** Every look-up compares keys. */
const LONGEST_KEY = 256;

/** What a key's type is in the entry; 0 for integers. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkKey(key: unknown): number {
  if (key === i64Number) return 0;
  if (!(key instanceof Utf8Type)) throw wrongType("key", "i64Number, or utf8(size)", key);
  if (key.size <= LONGEST_KEY) return key.size;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `the keys of a map have at most ${LONGEST_KEY} bytes, found ${key.size}`,
  );
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function checkValue<F extends Fields>(schema: Schema<F> | undefined): Schema<F> {
  if (schema instanceof Schema) return schema;
  throw wrongType("value", "a schema, from struct()", schema);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkRole(role: unknown): void {
  if (role !== undefined) oneOf("role", role, ["writer"]);
}

export function writeOptions(host: number, keySize: number, seed: number): Uint8Array {
  const bytes = Buffer.alloc(MapOptions.size);
  bytes.writeUInt32LE(host, MapOptions.host);
  bytes.writeUInt32LE(keySize, MapOptions.keySize);
  bytes.writeUInt32LE(seed, MapOptions.seed);
  return bytes;
}

/**
 * What an entry says, checked (R6).
 * @param keySize that its opener expects
 * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_SCHEMA_MISMATCH
 */
export function readShape(
  { entry, body }: OpenStructure,
  keySize: number,
  valueSize: number,
): MapShape & { host: number } {
  const { name, capacity, options } = entry;
  const what = `the map ${JSON.stringify(name)}`;
  const data = Buffer.from(options.buffer, options.byteOffset, options.byteLength);
  if (data.byteLength < MapOptions.size) throw corrupt(what, `options of ${data.byteLength} bytes`);
  const found = data.readUInt32LE(MapOptions.keySize);
  if (found > LONGEST_KEY) throw corrupt(what, `keys of ${found} bytes`);
  if (capacity < 1 || capacity > MOST_KEYS || mapSize(capacity, found, valueSize) > body.length)
    throw corrupt(what, `a capacity of ${capacity} and ${body.length} bytes`);
  if (found !== keySize) {
    const keys = (size: number) => (size === 0 ? "i64Number" : `utf8(${size})`);
    throw new FamfsError(
      "ERR_FAMFS_SCHEMA_MISMATCH",
      `the keys of ${what} are ${keys(found)}, it was opened with ${keys(keySize)}`,
    );
  }
  const host = data.readUInt32LE(MapOptions.host);
  return { name, capacity, keySize, valueSize, seed: data.readUInt32LE(MapOptions.seed), host };
}
