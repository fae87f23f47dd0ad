import { FamfsError } from "../../errors.js";
import type { Participant } from "../../segment/participant.js";
import type { Role } from "../../segment/role.js";
import type { OpenStructure, StructureSource } from "../../segment/structure.js";
import { corrupt, noParticipant, participantOf } from "../checks.js";
import { backlogOf } from "./backlog.js";
import { type ConsumerOf, claimRole, consumerOf, type ProducerOf, producerOf } from "./ends.js";
import { type Awaited, awaitedHead, type QueueMemory } from "./lane.js";
import { queueSize } from "./layout.js";
import { nameOf, type OpenQueueOptions, type QueueRole, readShape } from "./options.js";
import type { Run } from "./run.js";
import type { MessageType, MessageView } from "./types.js";

/** A queue that was found, and what of it this participant has. */
export interface OpenedQueue<M extends MessageType> {
  readonly name: string;
  readonly message: M;
  readonly memory: QueueMemory;
  readonly participant: Participant | undefined;
  readonly role: Role | undefined;
  readonly producer: ProducerOf<M> | undefined;
  readonly consumer: ConsumerOf<M> | undefined;
}

/** @throws {FamfsError} ERR_FAMFS_CORRUPT */
export function queueMemory(
  { memory: { mapping, layout } }: StructureSource,
  { entry, body }: OpenStructure,
  message: MessageType,
): QueueMemory {
  const what = nameOf(entry.name);
  const shape = readShape(entry, message, layout);
  if (queueSize(shape.counts) > body.length) throw corrupt(what, `a body of ${body.length} bytes`);
  return { body: mapping.window(body.offset, body.length), at: body.offset, shape, what };
}

/** @throws {FamfsError} as `SharedQueue.open`, for what is wrong with the role or the entry */
export function openedQueue<M extends MessageType>(
  source: StructureSource,
  found: OpenStructure,
  { message, role }: OpenQueueOptions<M>,
): OpenedQueue<M> {
  const { name } = found.entry;
  const memory = queueMemory(source, found, message);
  const { shape } = memory;
  const participant = participantOf(source);
  const opened = { name, message, memory, participant, role: undefined, producer: undefined, consumer: undefined };
  if (role !== undefined) {
    if (participant === undefined) throw noParticipant(memory.what, "looked at", "push or take");
    if (role === "producer" && shape.producers === "any") throw noProducerRole(memory.what);
    const claimed = claimRole(memory, participant, role);
    return role === "consumer"
      ? { ...opened, role: claimed, consumer: consumerOf(memory, message) }
      : { ...opened, role: claimed, producer: producerOf(memory, participant, message) };
  }
  if (participant === undefined || shape.producers === "one") return opened;
  return { ...opened, producer: producerOf(memory, participant, message) };
}

/** What every queue is: a name, a role, and an end. */
export class OpenQueue<M extends MessageType = MessageType> {
  readonly name: string;
  /** What its messages are. */
  readonly message: M;
  /** Of each lane: how many messages it holds, or how many bytes where messages are bytes. */
  readonly capacity: number;
  /** What this end does: `"consumer"` takes, `"producer"` pushes; undefined where it does neither. */
  readonly role: QueueRole | undefined;
  readonly #participant: Participant | undefined;
  readonly #memory: QueueMemory;
  readonly #claimed: Role | undefined;
  /** The head of the own lane, to be waited at. */
  readonly #head: Omit<Awaited, "not"> | undefined;
  #producer: ProducerOf<M> | undefined;
  #consumer: ConsumerOf<M> | undefined;
  /** Of the one of the two that there is. */
  #run: Run<MessageView<M>> | undefined;
  #closed = false;

  /** @internal */
  constructor({ name, message, memory, participant, role, producer, consumer }: OpenedQueue<M>) {
    this.name = name;
    this.message = message;
    this.capacity = memory.shape.capacity;
    this.role = consumer !== undefined ? "consumer" : producer !== undefined ? "producer" : undefined;
    this.#participant = participant;
    this.#memory = memory;
    this.#claimed = role;
    this.#head = producer === undefined ? undefined : awaitedHead(memory, producer.lane.index);
    this.#producer = producer;
    this.#consumer = consumer;
    this.#run = (consumer ?? producer)?.run;
  }

  /**
   * A view of a message of the run that was claimed or taken last. Each call makes a new one, which an optimised loop
   * does without.
   * @param offset in the run, from 0
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  at(offset: number): MessageView<M> {
    const run = this.#run ?? this.#refuse("consumer");
    return run.viewAt(offset);
  }

  /** For messages. */
  protected get what(): string {
    return this.#memory.what;
  }

  /** True after {@link close}. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * How many messages are committed and not consumed now, or how many bytes, with what lies between messages, where
   * they are bytes.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  get backlog(): number {
    if (this.#closed) throw closedQueue(this.#memory.what);
    return backlogOf(this.#memory);
  }

  /**
   * Gives the role back, and ends calls that wait with ERR_FAMFS_CLOSED. What was taken and not released is delivered
   * again, what was claimed and not committed is given up. Closing twice does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#consumer?.close();
    this.#producer?.abort();
    this.#head?.memory.close();
    this.#producer = undefined;
    this.#consumer = undefined;
    this.#run = undefined;
    this.#claimed?.release();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  producer(): ProducerOf<M> {
    this.#participant?.check();
    return this.#producer ?? this.#refuse("producer");
  }

  protected consumer(): ConsumerOf<M> {
    this.#participant?.check();
    return this.#consumer ?? this.#refuse("consumer");
  }

  /** What a call that pushes waits at. */
  protected get forRoom(): readonly Awaited[] {
    const not = this.producer().head;
    return this.#head === undefined ? [] : [{ ...this.#head, not }];
  }

  /** What a call that takes waits at. */
  protected get forMessages(): readonly Awaited[] {
    return this.consumer().awaited;
  }

  #refuse(end: QueueRole): never {
    const { what, shape } = this.#memory;
    if (this.#closed) throw closedQueue(what);
    if (this.#participant === undefined) throw noParticipant(what, "looked at", "push or take");
    const found = this.role === undefined ? "without a role" : `as its ${this.role}`;
    const role = end === "producer" && shape.producers === "any" ? "without a role" : `with { role: "${end}" }`;
    const purpose = end === "producer" ? "push" : "take";
    throw new FamfsError("ERR_FAMFS_PERMISSION", `${what} was opened ${found}; open it ${role} to ${purpose}`);
  }
}

function closedQueue(what: string): FamfsError {
  return new FamfsError("ERR_FAMFS_CLOSED", `${what} was closed; open it again`);
}

function noProducerRole(what: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    `${what} has no role of a producer; open it without a role to push, or make it with { producers: "one" }`,
  );
}
