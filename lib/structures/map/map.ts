import { randomBytes } from "node:crypto";
import { FamfsError } from "../../errors.js";
import { integer, options } from "../../guards.js";
import type { CommitWord } from "../../memory/commit-word.js";
import type { Mapping } from "../../memory/mapping.js";
import type { Fields, InputOf, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";
import { createStructure } from "../../segment/create-structure.js";
import type { Participant } from "../../segment/participant.js";
import { settlePatience } from "../../segment/patience.js";
import { type Role, takeRole } from "../../segment/role.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, corrupt, noParticipant, participantOf } from "../checks.js";
import { KeyBuffer } from "./key.js";
import { MAP, MapBody, mapSize } from "./layout.js";
import { ManyKeys } from "./many.js";
import {
  type CreateMapOptions,
  checkKey,
  checkRole,
  checkValue,
  type KeyOf,
  type MapKey,
  MOST_KEYS,
  type OpenMapOptions,
  readShape,
  writeOptions,
} from "./options.js";
import { MapScan } from "./scan.js";
import { MapTable } from "./table.js";
import { TargetView } from "./target.js";
import { ValueBuffer } from "./value.js";
import { MapWriter } from "./writer.js";

/**
 * Values by key, of which one participant is the writer and everybody reads, without a lock: a reader finds the value
 * that a key has or had meanwhile, never half of one nor that of another key; a writer that dies at work leaves each key
 * with its old or its new value. docs/structures/map.md.
 *
 * Reads copy into private memory: nothing is allocated, and what was read does not change any more.
 */
export class SharedMap<K extends MapKey = MapKey, F extends Fields = Fields> {
  readonly name: string;
  /** The type of the keys. */
  readonly key: K;
  /** Of the values. */
  readonly schema: Schema<F>;
  /** How many keys there is room for. */
  readonly capacity: number;
  readonly #table: MapTable;
  readonly #sizeWord: CommitWord;
  readonly #key: KeyBuffer;
  readonly #value: ValueBuffer;
  readonly #view: View<F>;
  readonly #target: TargetView;
  readonly #many: ManyKeys;
  #role: Role | undefined;
  #writer: { readonly writer: MapWriter; readonly value: ValueBuffer; readonly draft: View<F> } | undefined;

  /** @internal */
  constructor(source: StructureSource, found: OpenStructure, { key, value, role }: OpenMapOptions<K, F>) {
    const { mapping } = source.memory;
    const { host, ...shape } = readShape(found, checkKey(key), value.size);
    const control = mapping.window(found.body.offset, MapBody.slots);
    this.name = shape.name;
    this.key = key;
    this.schema = value;
    this.capacity = shape.capacity;
    this.#table = new MapTable(mapping, found.body.offset, shape);
    this.#sizeWord = control.commitWord(MapBody.size, { bits: 64, site: "map.size" });
    this.#key = new KeyBuffer(shape.keySize, shape.seed);
    this.#value = new ValueBuffer(value.size);
    this.#view = value.view(this.#value.bytes);
    this.#target = new TargetView(value);
    this.#many = new ManyKeys(this.#table);
    if (role !== undefined) this.#claim(participantOf(source), control, host);
  }

  #claim(participant: Participant | undefined, memory: Mapping, host: number): void {
    if (participant === undefined) throw noParticipant(this.#what, "read", "set and delete");
    const what = `the writer of ${JSON.stringify(this.name)}`;
    const role = takeRole(participant, { memory, offset: MapBody.role, host, what });
    const value = new ValueBuffer(this.schema.size);
    try {
      const writer = new MapWriter(this.#table, participant, { sizeWord: this.#sizeWord, inherited: role.inherited });
      this.#writer = { writer, value, draft: this.schema.view(value.bytes) };
      this.#role = role;
    } catch (error) {
      role.release();
      throw error;
    }
  }

  /**
   * Makes a map in the participant's segment; it is empty.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the signal's reason
   */
  static async create<K extends MapKey, F extends Fields>(
    participant: Participant,
    name: string,
    callerOptions: CreateMapOptions<K, F>,
  ): Promise<SharedMap<K, F>> {
    checkParticipant(participant);
    const known = ["key", "value", "capacity", "host", "role", "timeout", "signal"] as const;
    const given = options("SharedMap.create", callerOptions, known);
    const keySize = checkKey(given.key);
    const value = checkValue(given.value);
    checkRole(given.role);
    const capacity = integer("capacity", given.capacity, 1, MOST_KEYS);
    const host = integer("host", given.host ?? participant.host, 0, participant.memory.layout.hosts - 1);
    const found = await createStructure(
      participant,
      {
        ...MAP,
        name,
        schema: value,
        capacity,
        options: writeOptions(host, keySize, randomBytes(4).readUInt32LE()),
        size: mapSize(capacity, keySize, value.size),
        initialise: () => undefined,
      },
      settlePatience(given),
    );
    return new SharedMap(participant, found, { key: given.key as K, value, role: given.role });
  }

  /**
   * Opens a map. A segment is enough to read it, also one that is open read-only.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_SCHEMA_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_ROLE_TAKEN, ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open<K extends MapKey, F extends Fields>(
    source: StructureSource,
    name: string,
    callerOptions: OpenMapOptions<K, F>,
  ): SharedMap<K, F> {
    const { key, role, ...given } = options("SharedMap.open", callerOptions, ["key", "value", "role"]);
    checkKey(key);
    const value = checkValue(given.value);
    checkRole(role);
    return new SharedMap(source, openStructure(source, name, MAP, value), { key: key as K, value, role });
  }

  /**
   * How many keys there are. After a writer died it may be one too high or too low until the next one begins.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  get size(): number {
    const size = this.#sizeWord.observe();
    if (size <= this.capacity) return size;
    throw corrupt(this.#what, `${size} keys and room for ${this.capacity}`);
  }

  /**
   * The value of a key, copied into private memory of this object: the view is valid until the next `get`.
   * @returns undefined where there is no such key
   * @throws {FamfsError} as {@link SharedMap.read}
   */
  get(key: KeyOf<K>): View<F> | undefined {
    this.#key.set(key);
    return this.#table.find(this.#key, this.#value) ? this.#view : undefined;
  }

  /**
   * Copies the value of a key into a view's memory; nothing is allocated.
   * @param view of this map's schema, over private memory, such as `schema.view(new Uint8Array(schema.size))`
   * @returns whether there is such a key; where there is none the view stays as it is
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING for what cannot be a key;
   * ERR_FAMFS_TIMEOUT where the writer changed this key at each of 1000 attempts; ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED,
   * ERR_FAMFS_MEMORY_FAILURE
   */
  read(key: KeyOf<K>, view: View<F>): boolean {
    const target = this.#target.bytesOf(view);
    this.#key.set(key);
    if (!this.#table.find(this.#key, this.#target.value)) return false;
    target.set(this.#target.value.bytes);
    return true;
  }

  /** Whether there is a key. @throws {FamfsError} as {@link SharedMap.read} */
  has(key: KeyOf<K>): boolean {
    this.#key.set(key);
    return this.#table.find(this.#key, undefined);
  }

  /**
   * Copies the values of many integer keys, in one native call. They are looked up one after the other, not at one
   * moment.
   * @param keys integers; of a BigUint64Array or BigInt64Array those beyond 2^53 are never there
   * @param out private memory for one value a key, one after the other: a typed array of at least
   * `keys.length * schema.size` bytes. The value of a key that is not there becomes zeros
   * @returns 1 for each key that was found and 0 for the others; valid until the next `getMany`
   * @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_OPERATION where keys are strings; as {@link SharedMap.read}
   */
  getMany(keys: Float64Array | BigUint64Array | BigInt64Array, out: ArrayBufferView): Uint8Array {
    return this.#many.get(keys, out);
  }

  /**
   * The keys; each that is there all the time comes once. One that is set or deleted meanwhile may come or not, and one
   * that was deleted and set again may come twice.
   * @throws {FamfsError} as {@link SharedMap.read}
   */
  *keys(): IterableIterator<KeyOf<K>> {
    const scan = new MapScan(this.#table, this.#key);
    while (scan.next()) yield scan.key as KeyOf<K>;
  }

  /** The values, as {@link SharedMap.keys} has the keys. One view is moved from step to step. */
  *values(): IterableIterator<View<F>> {
    const scan = new MapScan(this.#table, this.#key);
    const view = this.schema.view(scan.value);
    while (scan.next()) yield view;
  }

  /** Keys with their values, as {@link SharedMap.values}: each entry is whole, but they are not of one moment. */
  *entries(): IterableIterator<[KeyOf<K>, View<F>]> {
    const scan = new MapScan(this.#table, this.#key);
    const view = this.schema.view(scan.value);
    while (scan.next()) yield [scan.key as KeyOf<K>, view];
  }

  /** {@link SharedMap.entries}. */
  [Symbol.iterator](): IterableIterator<[KeyOf<K>, View<F>]> {
    return this.entries();
  }

  /** A private value to be filled for the next {@link set}. @throws {FamfsError} ERR_FAMFS_PERMISSION without the role */
  get draft(): View<F> {
    return this.#write().draft;
  }

  /**
   * Gives a key a value: when it returns, every reader on every host finds it.
   * @param value all fields; left out, the {@link draft} as it is
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_FULL, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_ENCODING, ERR_FAMFS_UNKNOWN_FIELD, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  set(key: KeyOf<K>, value?: InputOf<Schema<F>>): void {
    const own = this.#write();
    this.#key.set(key);
    if (value !== undefined) own.draft.assign(value);
    own.writer.set(this.#key, own.value);
  }

  /**
   * Takes a key away: when it returns, no reader finds it any more.
   * @returns whether it was there
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  delete(key: KeyOf<K>): boolean {
    const { writer } = this.#write();
    this.#key.set(key);
    return writer.delete(this.#key);
  }

  #write() {
    if (this.#writer !== undefined) return this.#writer;
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `only the writer's role allows changing ${this.#what}; open it through a participant with { role: "writer" }`,
    );
  }

  /** Gives the role back. Reading goes on. Closing twice does nothing. */
  close(): void {
    this.#role?.release();
    this.#role = undefined;
    this.#writer = undefined;
  }

  /** {@link SharedMap.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  get #what(): string {
    return `the map ${JSON.stringify(this.name)}`;
  }
}
