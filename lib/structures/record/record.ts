import { FamfsError } from "../../errors.js";
import { integer, oneOf, options, wrongType } from "../../guards.js";
import type { Fields, InputOf, View } from "../../schema/infer.js";
import { Schema } from "../../schema/struct.js";
import { createStructure } from "../../segment/create-structure.js";
import type { Participant } from "../../segment/participant.js";
import { type PatienceOptions, settlePatience } from "../../segment/patience.js";
import { type Role, takeRole } from "../../segment/role.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, noParticipant, participantOf } from "../checks.js";
import { nameOf, openRecordBody } from "./body.js";
import { bodySize, RECORD, RecordOptions, ROLE, WRITERS } from "./layout.js";
import type { ManyWriters } from "./many-writers.js";
import { OneWriter } from "./one-writer.js";
import type { WriteOptions } from "./source.js";
import { type RecordPlace, readInTime, readNext } from "./wait.js";

/** Options of {@link SharedRecord.create}. */
export interface CreateRecordOptions<F extends Fields> extends PatienceOptions {
  /** The schema of the record. */
  record: Schema<F>;
  /** The host that the writer is bound to. Default: the creator's. Not with `writers: "any"`. */
  host?: number | undefined;
  /** `"one"` (the default): a role that one participant has at a time. `"any"`: each writes with a lock's token. */
  writers?: "one" | "any" | undefined;
  /** Claim the role of the writer at once. */
  role?: "writer" | undefined;
}

/** Options of {@link SharedRecord.open}. */
export interface OpenRecordOptions<F extends Fields> {
  /** The schema that the record must have. */
  record: Schema<F>;
  /** Claim the role of the writer. */
  role?: "writer" | undefined;
}

/**
 * The latest value of one record. Readers never block the writer, and see neither half a record nor parts of two; a
 * writer that dies at work leaves the last value that it committed. docs/structures/record.md.
 *
 * A read copies the record into private memory that belongs to this object: the view that it returns is valid until the
 * next read; `toObject()` keeps it.
 */
export class SharedRecord<F extends Fields = Fields> {
  readonly name: string;
  readonly schema: Schema<F>;
  readonly writers: "one" | "any";
  readonly #place: RecordPlace;
  readonly #source: OneWriter | ManyWriters;
  readonly #value: View<F>;
  #role: Role | undefined;
  #draft: View<F> | undefined;

  /** @internal */
  constructor(source: StructureSource, found: OpenStructure, { record, role }: OpenRecordOptions<F>) {
    const { memory, content, host, writers } = openRecordBody(source, found, record.size);
    this.name = found.entry.name;
    this.schema = record;
    this.writers = writers;
    this.#source = content;
    this.#place = { memory, name: this.name, source: content };
    this.#value = record.view(content.bytes);
    if (role !== undefined) this.#role = this.#claim(participantOf(source), host);
  }

  #claim(participant: Participant | undefined, host: number): Role {
    if (participant === undefined) throw noParticipant(nameOf(this.name), "read", "write");
    if (!(this.#source instanceof OneWriter)) throw noRole(this.name);
    const what = `the writer of ${JSON.stringify(this.name)}`;
    const role = takeRole(participant, { memory: this.#place.memory, offset: ROLE, host, what });
    this.#source.begin(participant);
    return role;
  }

  /**
   * Makes a record in the participant's segment. It has no value until the first write.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the signal's reason
   */
  static async create<F extends Fields>(
    participant: Participant,
    name: string,
    callerOptions: CreateRecordOptions<F>,
  ): Promise<SharedRecord<F>> {
    checkParticipant(participant);
    const known = ["record", "host", "writers", "role", "timeout", "signal"] as const;
    const given = options("SharedRecord.create", callerOptions, known);
    const record = checkSchema(given.record);
    const { writers = "one", role } = given;
    oneOf("writers", writers, WRITERS);
    checkRole(role);
    const { layout } = participant.memory;
    const host = integer("host", given.host ?? participant.host, 0, layout.hosts - 1);
    const lanes = writers === "one" ? 1 : layout.participants;
    const found = await createStructure(
      participant,
      {
        ...RECORD,
        name,
        schema: record,
        capacity: 1,
        options: writeOptions(host, writers),
        size: bodySize(record.size, lanes),
        initialise: () => undefined,
      },
      settlePatience(given),
    );
    return new SharedRecord(participant, found, { record, role });
  }

  /**
   * Opens a record. A segment is enough to read it.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_SCHEMA_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_ROLE_TAKEN, ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open<F extends Fields>(
    source: StructureSource,
    name: string,
    callerOptions: OpenRecordOptions<F>,
  ): SharedRecord<F> {
    const given = options("SharedRecord.open", callerOptions, ["record", "role"]);
    const record = checkSchema(given.record);
    checkRole(given.role);
    return new SharedRecord(source, openStructure(source, name, RECORD, record), { record, role: given.role });
  }

  /** Grows with every write; 0 before the first. @throws {FamfsError} ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE */
  get version(): number {
    return this.#source.version;
  }

  /**
   * The value now.
   * @returns undefined before the first write, and where writers were faster at each of a bounded number of attempts
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  tryRead(): View<F> | undefined {
    const version = this.#source.tryRead();
    return version === undefined || version === 0 ? undefined : this.#value;
  }

  /**
   * The value; waits for the first write, and for its turn among writers.
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, and as {@link tryRead}; the signal's reason
   */
  async read(callerOptions?: PatienceOptions): Promise<View<F>> {
    await readInTime(this.#place, callerOptions);
    return this.#value;
  }

  /**
   * Each new value, from the present one on; values that are overwritten meanwhile are left out.
   * @throws {FamfsError} as {@link read}; ends quietly when `signal` is aborted
   */
  async *changes(callerOptions?: { signal?: AbortSignal | undefined }): AsyncGenerator<View<F>, void, undefined> {
    const { signal } = options("changes", callerOptions, ["signal"]);
    for (let seen = 0; ; ) {
      const version = await readNext(this.#place, seen, signal);
      if (version === undefined) return;
      seen = version;
      yield this.#value;
    }
  }

  /**
   * A private record to be filled for the next {@link write}: it begins as the newest value.
   * @throws {FamfsError} ERR_FAMFS_PERMISSION without the role, or without a participant
   */
  get draft(): View<F> {
    const { draft } = this.#source;
    this.#draft ??= this.schema.view(draft);
    return this.#draft;
  }

  /**
   * Commits a new value: when it returns, every reader on every host sees it.
   * @param record all fields; left out, the {@link draft} is committed as it is
   * @param callerOptions `token`: with `writers: "any"`, of the lock that is held
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_FENCED (outcome unknown), ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING, ERR_FAMFS_UNKNOWN_FIELD, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  write(record?: InputOf<Schema<F>>, callerOptions?: WriteOptions): void {
    const { draft } = this;
    if (record !== undefined) draft.assign(record);
    this.#source.write(callerOptions);
  }

  /** Gives the role back. Reading goes on. Closing twice does nothing. */
  close(): void {
    if (this.#role === undefined || !(this.#source instanceof OneWriter)) return;
    this.#source.end();
    this.#role.release();
    this.#role = undefined;
  }

  /** {@link SharedRecord.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function checkSchema<F extends Fields>(schema: Schema<F> | undefined): Schema<F> {
  if (schema instanceof Schema) return schema;
  throw wrongType("record", "a schema, from struct()", schema);
}

function checkRole(role: unknown): void {
  if (role !== undefined) oneOf("role", role, ["writer"]);
}

function writeOptions(host: number, writers: "one" | "any"): Uint8Array {
  const bytes = Buffer.alloc(RecordOptions.size);
  bytes.writeUInt32LE(host, RecordOptions.host);
  bytes.writeUInt32LE(WRITERS.indexOf(writers), RecordOptions.writers);
  return bytes;
}

function noRole(name: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    `the record ${JSON.stringify(name)} was made with writers: "any" and has no role; write with { token }`,
  );
}
