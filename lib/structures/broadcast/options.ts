import { integer, oneOf, wrongType } from "../../guards.js";
import type { Fields } from "../../schema/infer.js";
import { Schema } from "../../schema/struct.js";
import type { PatienceOptions } from "../../segment/patience.js";

/** Options of {@link SharedBroadcast.create}. */
export interface CreateBroadcastOptions<F extends Fields> extends PatienceOptions {
  /** The schema of its messages. */
  message: Schema<F>;
  /** How many of the newest messages can be read, from 1: who falls further behind is lapped. */
  capacity: number;
  /** The most messages of one commit or one read, from 1 to `capacity`. Default 64, or `capacity` where that is less. */
  run?: number | undefined;
  /** The host that the writer is bound to. Default: the creator's. */
  host?: number | undefined;
  /** Claim the role of the writer at once. */
  role?: "writer" | undefined;
}

/** Options of {@link SharedBroadcast.open}. */
export interface OpenBroadcastOptions<F extends Fields> {
  /** The schema that its messages must have. */
  message: Schema<F>;
  /** Claim the role of the writer. */
  role?: "writer" | undefined;
}

/** Options of {@link SharedBroadcast.reader}. */
export interface ReaderOptions {
  /** Where it begins: at the oldest message that can be read, or at the next one to come. */
  from: "oldest" | "now";
}

/** Options of {@link BroadcastReader.readSync}. */
export interface ReadSyncOptions {
  /** In milliseconds. */
  timeout: number;
}

/** Options of {@link BroadcastReader.messages}. */
export interface MessagesOptions {
  /** Ends it quietly. */
  signal?: AbortSignal | undefined;
  /** Called with the number of messages that were lost; then it goes on. */
  onLapped?: ((lost: number) => void) | undefined;
}

const USUAL_RUN = 64;

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function checkMessage<F extends Fields>(schema: Schema<F> | undefined): Schema<F> {
  if (schema instanceof Schema) return schema;
  throw wrongType("message", "a schema, from struct()", schema);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkRole(role: unknown): void {
  if (role !== undefined) oneOf("role", role, ["writer"]);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkCounts(given: { capacity?: unknown; run?: unknown }): { capacity: number; run: number } {
  const capacity = integer("capacity", given.capacity, 1, 2 ** 32 - 1);
  return { capacity, run: integer("run", given.run ?? Math.min(USUAL_RUN, capacity), 1, capacity) };
}
