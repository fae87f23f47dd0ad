import { FamfsError } from "../../errors.js";
import { integer, oneOf, options } from "../../guards.js";
import type { Fields, InputOf, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";
import { createStructure } from "../../segment/create-structure.js";
import type { Participant } from "../../segment/participant.js";
import { settlePatience } from "../../segment/patience.js";
import { type Role, takeRole } from "../../segment/role.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, corrupt, noParticipant, participantOf } from "../checks.js";
import { BROADCAST, BroadcastOptions, bodySize, ROLE, slotSize } from "./layout.js";
import {
  type CreateBroadcastOptions,
  checkCounts,
  checkMessage,
  checkRole,
  type OpenBroadcastOptions,
  type ReaderOptions,
} from "./options.js";
import { BroadcastReader } from "./reader.js";
import { Ring } from "./ring.js";
import { BroadcastWriter } from "./writer.js";

/**
 * Messages of one writer for any number of readers, on every host. Each reader has a position of its own, and the
 * writer never waits for any: who falls too far behind is told how many messages it lost. Nobody ever sees a part of a
 * message. Readers need no `join()`, and the segment may be open read-only. docs/structures/broadcast.md.
 */
export class SharedBroadcast<F extends Fields = Fields> {
  readonly name: string;
  readonly schema: Schema<F>;
  /** How many of the newest messages can be read. */
  readonly capacity: number;
  /** The most messages of one commit or one read. */
  readonly run: number;
  readonly #ring: Ring;
  #role: Role | undefined;
  #writer: BroadcastWriter<F> | undefined;

  /** @internal */
  constructor(source: StructureSource, found: OpenStructure, { message, role }: OpenBroadcastOptions<F>) {
    const { entry, body } = found;
    const { host, run } = readOptions(found);
    if (bodySize(slotSize(message), entry.capacity, run) > body.length)
      throw corrupt(nameOf(entry.name), `a body of ${body.length} bytes`);
    const memory = source.memory.mapping.window(body.offset, body.length);
    this.name = entry.name;
    this.schema = message;
    this.capacity = entry.capacity;
    this.run = run;
    this.#ring = new Ring(memory, { size: message.size, align: message.align, capacity: entry.capacity, run });
    if (role !== undefined) this.#claim(participantOf(source), host);
  }

  #claim(participant: Participant | undefined, host: number): void {
    if (participant === undefined) throw noParticipant(nameOf(this.name), "read", "write");
    const what = `the writer of ${JSON.stringify(this.name)}`;
    const role = takeRole(participant, { memory: this.#ring.memory, offset: ROLE, host, what });
    try {
      this.#writer = new BroadcastWriter(this.#ring, this.schema, participant, nameOf(this.name));
    } catch (error) {
      role.release();
      throw error;
    }
    this.#role = role;
  }

  /**
   * Makes a broadcast in the participant's segment, without any message.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_BUFFER_LIMIT, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the signal's reason
   */
  static async create<F extends Fields>(
    participant: Participant,
    name: string,
    callerOptions: CreateBroadcastOptions<F>,
  ): Promise<SharedBroadcast<F>> {
    checkParticipant(participant);
    const known = ["message", "capacity", "run", "host", "role", "timeout", "signal"] as const;
    const given = options("SharedBroadcast.create", callerOptions, known);
    const message = checkMessage(given.message);
    const { capacity, run } = checkCounts(given);
    checkRole(given.role);
    const host = integer("host", given.host ?? participant.host, 0, participant.memory.layout.hosts - 1);
    const found = await createStructure(
      participant,
      {
        ...BROADCAST,
        name,
        schema: message,
        capacity,
        options: writeOptions(host, run),
        size: bodySize(slotSize(message), capacity, run),
        initialise: () => undefined,
      },
      settlePatience(given),
    );
    return new SharedBroadcast(participant, found, { message, role: given.role });
  }

  /**
   * Opens a broadcast. A segment is enough to read it.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_SCHEMA_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_ROLE_TAKEN, ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_BUFFER_LIMIT, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open<F extends Fields>(
    source: StructureSource,
    name: string,
    callerOptions: OpenBroadcastOptions<F>,
  ): SharedBroadcast<F> {
    const given = options("SharedBroadcast.open", callerOptions, ["message", "role"]);
    const message = checkMessage(given.message);
    checkRole(given.role);
    return new SharedBroadcast(source, openStructure(source, name, BROADCAST, message), { message, role: given.role });
  }

  /**
   * How many messages were ever committed.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  get written(): number {
    return this.#ring.tail.observe();
  }

  /**
   * A new reader.
   * @param callerOptions `from`: where it begins; `"oldest"`: at the oldest message that can be read, `"now"`: at the
   * next one to come
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT,
   * ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  reader(callerOptions: ReaderOptions): BroadcastReader<F> {
    const { from } = options("reader", callerOptions, ["from"]);
    return new BroadcastReader(this.#ring, this.schema, this.name, oneOf("from", from, ["oldest", "now"]));
  }

  /**
   * The next message, to be filled in place for the next {@link write}, which moves it on. It begins as what an older
   * message left there: fill all of it.
   * @throws {FamfsError} ERR_FAMFS_PERMISSION without the role
   */
  get draft(): View<F> {
    return this.#writing().draft;
  }

  /**
   * Commits one message: when it returns, every reader on every host can see it.
   * @param message all fields; left out, the {@link draft} is committed as it is
   * @throws {FamfsError} ERR_FAMFS_PERMISSION without the role, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_ENCODING, ERR_FAMFS_UNKNOWN_FIELD, ERR_FAMFS_FENCED, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  write(message?: InputOf<Schema<F>>): void {
    this.#writing().write(message);
  }

  /**
   * How many messages {@link commitRun} can commit at once now, which costs little more than one. Fill them with
   * {@link draftAt} first.
   * @param count how many are wanted, from 1
   * @returns at least 1; at most `run`, and fewer at the end of the slots
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_FENCED,
   * ERR_FAMFS_CLOSED
   */
  claimRun(count: number): number {
    return this.#writing().claimRun(count);
  }

  /**
   * A new view of a message of the next run, valid until it is committed: after that, readers see what is stored to it.
   * @param index from 0; 0 is the {@link draft}
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  draftAt(index: number): View<F> {
    return this.#writing().draftAt(index);
  }

  /**
   * Commits the first messages of a run, all of them at once.
   * @param count what {@link claimRun} returned, or less
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_FENCED,
   * ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  commitRun(count: number): void {
    this.#writing().commitRun(count);
  }

  #writing(): BroadcastWriter<F> {
    if (this.#writer !== undefined) return this.#writer;
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `only the writer's role allows writing to ${nameOf(this.name)}; open it through a participant with { role: "writer" }`,
    );
  }

  /** Gives the role back. Reading goes on. Closing twice does nothing. */
  close(): void {
    this.#writer = undefined;
    this.#role?.release();
    this.#role = undefined;
  }

  /** {@link SharedBroadcast.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function writeOptions(host: number, run: number): Uint8Array {
  const bytes = Buffer.alloc(BroadcastOptions.size);
  bytes.writeUInt32LE(host, BroadcastOptions.host);
  bytes.writeUInt32LE(run, BroadcastOptions.run);
  return bytes;
}

function readOptions({ entry: { name, options: bytes, capacity } }: OpenStructure): { host: number; run: number } {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const run = data.readUInt32LE(BroadcastOptions.run);
  if (run >= 1 && run <= capacity) return { host: data.readUInt32LE(BroadcastOptions.host), run };
  throw corrupt(nameOf(name), `runs of ${run} messages and a capacity of ${capacity}`);
}

function nameOf(name: string): string {
  return `the broadcast ${JSON.stringify(name)}`;
}
