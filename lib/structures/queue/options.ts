import { FamfsError } from "../../errors.js";
import { integer, oneOf, options, wrongType } from "../../guards.js";
import { Schema } from "../../schema/struct.js";
import type { DirectoryEntry } from "../../segment/entry.js";
import type { Layout } from "../../segment/layout.js";
import { type Patience, type PatienceOptions, settlePatience } from "../../segment/patience.js";
import type { SchemaText } from "../../segment/structure.js";
import { corrupt } from "../checks.js";
import {
  MESSAGES,
  MOST_RING_BYTES,
  PRODUCERS,
  type QueueCounts,
  QueueOptions,
  recordSize,
  slotSize,
} from "./layout.js";
import type { MessageType } from "./types.js";

/** Options of {@link SharedQueue.create}. */
export interface CreateQueueOptions<M extends MessageType> extends PatienceOptions {
  /** What messages are: a schema, or `"bytes"`: each of any length. */
  message: M;
  /** Of each lane: how many messages it holds; with `message: "bytes"` how many bytes, those of 8 before each included. */
  capacity: number;
  /** The host that the consumer is bound to. Default: the creator's. */
  host?: number | undefined;
  /** `"any"` (the default): every participant has a lane. `"one"`: a role, and one lane for all that have it in turn. */
  producers?: "any" | "one" | undefined;
  /** With `producers: "one"`: the host that the producer is bound to. Default: the creator's. */
  producerHost?: number | undefined;
  /** Claim a role at once. */
  role?: QueueRole | undefined;
}

/** Options of {@link SharedQueue.open}. */
export interface OpenQueueOptions<M extends MessageType> {
  /** What messages must be. */
  message: M;
  /** `"consumer"`: to take messages. `"producer"`: only for a queue with `producers: "one"`. Else: to push. */
  role?: QueueRole | undefined;
}

export type QueueRole = "consumer" | "producer";

/** What an entry says of a queue. */
export interface QueueShape {
  readonly host: number;
  readonly producers: "any" | "one";
  readonly producerHost: number;
  /** In {@link unit units}. */
  readonly capacity: number;
  /** Bytes of what head and tail count: of a slot, or 1. */
  readonly unit: number;
  readonly counts: QueueCounts;
}

/** What a caller asks for. */
export interface QueueRequest {
  readonly shape: QueueShape;
  readonly role: QueueRole | undefined;
  readonly patience: Patience;
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION */
export function checkCreate<M extends MessageType>(
  callerOptions: CreateQueueOptions<M>,
  layout: Layout,
  creatorHost: number,
): QueueRequest {
  const known = ["message", "capacity", "host", "producers", "producerHost", "role", "timeout", "signal"] as const;
  const given = options("SharedQueue.create", callerOptions, known);
  const message = checkMessage(given.message);
  const producers = oneOf("producers", given.producers ?? "any", PRODUCERS);
  const host = integer("host", given.host ?? creatorHost, 0, layout.hosts - 1);
  if (given.producerHost !== undefined && producers === "any")
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `producerHost is for { producers: "one" }; any host's may push here`,
    );
  const producerHost = integer("producerHost", given.producerHost ?? creatorHost, 0, layout.hosts - 1);
  const unit = unitOf(message);
  const least = message === "bytes" ? recordSize(1) : 1;
  const capacity = integer("capacity", given.capacity, least, Math.floor(MOST_RING_BYTES / unit));
  const units = message === "bytes" ? Math.ceil(capacity / 8) * 8 : capacity;
  const shape = shapeOf({ host, producers, producerHost, unit, capacity: units }, layout);
  return { shape, role: checkRole(given.role), patience: settlePatience(given) };
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkRole(role: unknown): QueueRole | undefined {
  return role === undefined ? undefined : oneOf("role", role, ["consumer", "producer"]);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function checkMessage(message: unknown): MessageType {
  if (message instanceof Schema || message === "bytes") return message;
  throw wrongType("message", `a schema, from struct(), or "bytes"`, message);
}

/** What the entry keeps as the schema, so that queues of structs and of bytes are told apart like two schemas. */
export function schemaOf(message: MessageType): SchemaText {
  return message === "bytes" ? { text: "bytes", fingerprint: 0n } : message;
}

function unitOf(message: MessageType): number {
  return message === "bytes" ? 1 : slotSize(message.size);
}

function shapeOf(shape: Omit<QueueShape, "counts">, layout: Layout): QueueShape {
  const { producers, capacity, unit } = shape;
  const lanes = producers === "one" ? 1 : layout.participants;
  return { ...shape, counts: { hosts: layout.hosts, lanes, ringBytes: capacity * unit } };
}

/** The bytes of the entry's options. */
export function writeShape({ host, producers, producerHost }: QueueShape, message: MessageType): Uint8Array {
  const bytes = Buffer.alloc(QueueOptions.size);
  bytes.writeUInt32LE(host, QueueOptions.host);
  bytes.writeUInt32LE(PRODUCERS.indexOf(producers), QueueOptions.producers);
  bytes.writeUInt32LE(producerHost, QueueOptions.producerHost);
  bytes.writeUInt32LE(MESSAGES.indexOf(message === "bytes" ? "bytes" : "struct"), QueueOptions.messages);
  return bytes;
}

/** @throws {FamfsError} ERR_FAMFS_CORRUPT */
export function readShape({ name, options: bytes, capacity }: DirectoryEntry, message: MessageType, layout: Layout) {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [host, producerHost] = [data.readUInt32LE(QueueOptions.host), data.readUInt32LE(QueueOptions.producerHost)];
  const producers = PRODUCERS[data.readUInt32LE(QueueOptions.producers)];
  const messages = MESSAGES[data.readUInt32LE(QueueOptions.messages)];
  if (producers === undefined || messages !== (message === "bytes" ? "bytes" : "struct"))
    throw corrupt(nameOf(name), "options");
  const unit = unitOf(message);
  if (capacity < 1 || capacity * unit > MOST_RING_BYTES || (unit === 1 && capacity % 8 !== 0))
    throw corrupt(nameOf(name), `a capacity of ${capacity}`);
  return shapeOf({ host, producers, producerHost, unit, capacity }, layout);
}

export function nameOf(name: string): string {
  return `the queue ${JSON.stringify(name)}`;
}
