import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import { integer, wrongType } from "../../guards.js";
import { checkSyncOptions, Patience, type QueueSyncOptions, type QueueWaitOptions } from "../../memory/patience.js";
import { Turns } from "../../memory/turns.js";
import type { Participant } from "../../segment/participant.js";
import type { StructureSource } from "../../segment/structure.js";
import { apart, CLAIM, CLAIM_RUN, COMMIT } from "./apart.js";
import type { ConsumerOf } from "./ends.js";
import { createQueue, openQueue } from "./entry.js";
import { type OpenedQueue, OpenQueue } from "./open-queue.js";
import type { CreateQueueOptions, OpenQueueOptions } from "./options.js";
import type { MessageInput, MessageType, MessageView } from "./types.js";
import { keepTrying, keepTryingSync, type Wait } from "./waits.js";

/** After so many messages without a wait, an iteration lets the event loop do other things. */
const STRETCH = 64;

/**
 * Messages from any number of producers on any hosts to one consumer. Each producer has a bounded lane of its own, so
 * that none waits for another; what one pushes comes in its order. docs/structures/queue.md.
 *
 * A message is *committed* when `push` has returned, and *consumed* when the consumer has taken the next one or has
 * called {@link release}. Nothing committed is lost; what a consumer that dies has taken and not consumed is delivered
 * again to its successor, everything else once.
 *
 * Opened with `role: "consumer"` it takes messages, else it pushes them. Calls of the other end throw
 * ERR_FAMFS_PERMISSION, all of them ERR_FAMFS_CLOSED after {@link close} and after the participant has left,
 * ERR_FAMFS_MEMORY_FAILURE where the memory is gone, and ERR_FAMFS_CORRUPT where something else wrote into the lane.
 */
export class SharedQueue<M extends MessageType = MessageType>
  extends OpenQueue<M>
  implements AsyncIterable<MessageView<M>>
{
  readonly #turns = new Turns();
  #draining = false;
  #waiting = false;

  private constructor(opened: OpenedQueue<M>) {
    super(opened);
  }

  /**
   * Makes a queue in the participant's segment, and opens it. It is empty.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the signal's reason
   */
  static async create<M extends MessageType>(
    participant: Participant,
    name: string,
    callerOptions: CreateQueueOptions<M>,
  ): Promise<SharedQueue<M>> {
    return new SharedQueue(await createQueue(participant, name, callerOptions));
  }

  /**
   * Opens a queue: with `role: "consumer"` to take messages, else to push them. A segment is enough to see its
   * {@link backlog}.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_SCHEMA_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_ROLE_TAKEN, ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_UNSUPPORTED_OPERATION for the role of a producer where there is none, ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open<M extends MessageType>(
    source: StructureSource,
    name: string,
    callerOptions: OpenQueueOptions<M>,
  ): SharedQueue<M> {
    return new SharedQueue(openQueue(source, name, callerOptions));
  }

  /**
   * Pushes a message now. False: the lane is full, or calls of {@link push} wait.
   * @param message all fields, or the bytes; it is copied
   * @throws {FamfsError} ERR_FAMFS_INVALID_STATE while a claim is open; ERR_FAMFS_OUT_OF_RANGE where it is too long;
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_ENCODING, ERR_FAMFS_UNKNOWN_FIELD; and then nothing is pushed
   */
  tryPush(message: MessageInput<M>): boolean {
    const producer = this.producer();
    return !this.#turns.taken && producer.tryPush(message);
  }

  /**
   * Pushes a message as soon as there is room. Several calls push in the order in which they were made.
   * @param message as for {@link tryPush}; it must not change before the promise settles
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_UNKNOWN_OPTION, and as tryPush; the signal's reason
   */
  async push(message: MessageInput<M>, callerOptions?: QueueWaitOptions): Promise<void> {
    const patience = Patience.of("push", callerOptions);
    if (!this.#turns.taken && this.producer().tryPush(message)) return;
    const wait = this.#forRoom(message);
    await this.#turns.take(patience, wait.state, () => keepTrying(wait, patience));
  }

  /** The same on this thread, which does nothing else meanwhile. It goes before calls of push that wait. */
  pushSync(message: MessageInput<M>, callerOptions: QueueSyncOptions): void {
    checkSyncOptions("pushSync", callerOptions);
    if (this.producer().tryPush(message)) return;
    keepTryingSync(this.#forRoom(message), new Patience(callerOptions));
  }

  /**
   * Room in the lane for the next message, to be filled in place: {@link commit} pushes it, {@link abort} gives it up.
   * What it holds before is undefined.
   * @param length in bytes; only for messages that are bytes
   * @returns undefined where the lane is full
   * @throws {FamfsError} ERR_FAMFS_INVALID_STATE where a claim is open, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  claim(length?: number): MessageView<M> | undefined {
    return apart(this as unknown as OpenQueue, CLAIM, length) as MessageView<M> | undefined;
  }

  /**
   * Room for several messages, contiguous, so that a ring's end makes it fewer: {@link at} gives each.
   * @param wanted from 1
   * @returns for how many, up to `wanted`; 0 where the lane is full
   * @throws {FamfsError} ERR_FAMFS_INVALID_STATE where a claim is open, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_UNSUPPORTED_OPERATION where messages are bytes
   */
  claimRun(wanted: number): number {
    return apart(this as unknown as OpenQueue, CLAIM_RUN, wanted) as number;
  }

  /** Pushes what was claimed. @throws {FamfsError} ERR_FAMFS_INVALID_STATE where nothing is */
  commit(): void {
    apart(this as unknown as OpenQueue, COMMIT, undefined);
  }

  /**
   * Pushes what was claimed by {@link claimRun}, or the first `count` messages of it; the others are given up.
   * @throws {FamfsError} ERR_FAMFS_INVALID_STATE where nothing is claimed, ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE
   */
  commitRun(count?: number): void {
    apart(this as unknown as OpenQueue, COMMIT, count);
  }

  /** Gives up what was claimed, if anything is. */
  abort(): void {
    this.producer().abort();
  }

  /**
   * Takes the next message now, in place: it may be read, not written, until the next call that takes or releases.
   * `toObject()`, or `slice()` of bytes, keeps it.
   * @returns undefined where there is none
   * @throws {FamfsError} ERR_FAMFS_CORRUPT once for each lane that is damaged, which is left out from then on;
   * ERR_FAMFS_INVALID_STATE while a call of {@link take} waits, and in the function of {@link drain}
   */
  tryTake(): MessageView<M> | undefined {
    return this.#taking().next();
  }

  /**
   * Takes the next message, as {@link tryTake}, as soon as there is one.
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * and as tryTake; the signal's reason
   */
  async take(callerOptions?: QueueWaitOptions): Promise<MessageView<M>> {
    const patience = Patience.of("take", callerOptions);
    return this.#taking().next() ?? this.#taken(patience, () => this.consumer().next());
  }

  /** The same on this thread, which does nothing else meanwhile. */
  takeSync(callerOptions: QueueSyncOptions): MessageView<M> {
    checkSyncOptions("takeSync", callerOptions);
    const message = this.#taking().next();
    return (
      message ??
      keepTryingSync(
        this.#forMessage(() => this.consumer().next()),
        new Patience(callerOptions),
      )
    );
  }

  /** Consumes what was taken last, so that its producer has the room; does nothing where that was done. */
  release(): void {
    if (this.#draining) throw whileDraining();
    this.consumer().release();
  }

  /**
   * Takes several messages of one producer, in place and contiguous: {@link at} gives each.
   * @param wanted from 1
   * @returns how many, up to `wanted`; 0 where there are none
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNSUPPORTED_OPERATION where messages
   * are bytes, and as {@link tryTake}
   */
  takeRun(wanted: number): number {
    if (wanted >>> 0 !== wanted || wanted === 0) integer("wanted", wanted, 1);
    return this.#taking().nextRun(wanted);
  }

  /**
   * Consumes the messages that were taken by {@link takeRun}, or the first `count` of them; the others are taken again.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  releaseRun(count?: number): void {
    const consumer = this.#taking();
    if (count !== undefined) integer("count", count, 0, consumer.held);
    consumer.release(count);
  }

  /**
   * Calls a function for each message that is there and consumes them, at most as many as the lanes in use hold. Where it throws, the
   * messages before are consumed and this one is not.
   * @param fn gets the message in place, valid during the call; it must not take from this queue. What it returns is
   * not looked at
   * @param limit of messages. Default: none but that
   * @returns how many
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, as {@link tryTake}; what `fn` throws
   */
  drain(fn: (message: MessageView<M>) => void, limit = Number.POSITIVE_INFINITY): number {
    if (typeof fn !== "function") throw wrongType("fn", "a function", fn);
    if (limit !== Number.POSITIVE_INFINITY) integer("limit", limit, 0);
    const consumer = this.#taking();
    this.#draining = true;
    try {
      return consumer.drain(fn, limit);
    } finally {
      this.#draining = false;
    }
  }

  /**
   * All messages from now on, waiting for them, each as a copy that stays valid; a message is consumed with the step
   * after it. Ends when the queue is closed.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<MessageView<M>, void, undefined> {
    const copy = () => {
      const consumer = this.consumer();
      const message = consumer.next();
      return message === undefined ? undefined : consumer.copyOf(message);
    };
    for (let count = 1; !this.closed; count++) {
      this.#taking();
      const message = copy() ?? (await this.#untilClosed(copy));
      if (message === undefined) return;
      yield message;
      if (count % STRETCH === 0) await nextTurn();
    }
  }

  async #untilClosed(attempt: () => MessageView<M> | undefined): Promise<MessageView<M> | undefined> {
    return this.#taken(new Patience({}), attempt).catch((error: unknown) => {
      if (this.closed) return undefined;
      throw error;
    });
  }

  /** Waits for a message. One call at a time, because what it takes is valid until the next one does. */
  async #taken(patience: Patience, attempt: () => MessageView<M> | undefined): Promise<MessageView<M>> {
    this.#waiting = true;
    try {
      return await keepTrying(this.#forMessage(attempt), patience);
    } finally {
      this.#waiting = false;
    }
  }

  #taking(): ConsumerOf<M> {
    if (this.#draining) throw whileDraining();
    if (this.#waiting) throw whileWaiting();
    return this.consumer();
  }

  #forRoom(message: MessageInput<M>): Wait<boolean> {
    const awaited = () => this.forRoom;
    return { attempt: () => this.producer().tryPush(message), awaited, state: `the lane of ${this.what} was full` };
  }

  #forMessage(attempt: () => MessageView<M> | undefined): Wait<MessageView<M> | undefined> {
    return { attempt, awaited: () => this.forMessages, state: `${this.what} was empty` };
  }
}

function whileDraining(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_INVALID_STATE",
    "the function of drain() must not take from or release to its own queue; return, and take then",
  );
}

function whileWaiting(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_INVALID_STATE",
    "a take() of this queue waits, and a message is valid until the next call that takes; await it first",
  );
}
