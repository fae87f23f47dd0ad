import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError } from "../errors.js";
import { options } from "../guards.js";
import type { Instance } from "../instance/instance.js";
import type { Mapping } from "../memory/mapping.js";
import { checkSyncOptions, Patience, type QueueSyncOptions, type QueueWaitOptions } from "../memory/patience.js";
import { Turns } from "../memory/turns.js";
import { Consumer } from "./consumer.js";
import { changeModes, createFiles, type PcqPermissions } from "./files.js";
import { formatFiles } from "./header.js";
import type { Role } from "./mapped.js";
import { checkPlace, type Opened, openByName, startOver, windowsOf } from "./open.js";
import { OpenQueue } from "./open-queue.js";
import {
  checkCreate,
  checkGeometry,
  checkOpen,
  checkPermissions,
  type PcqCreateOptions,
  type PcqGeometry,
  type PcqOpenOptions,
} from "./options.js";
import { Producer } from "./producer.js";
import type { Side } from "./side.js";
import { keepTrying, keepTryingSync } from "./waits.js";

/** After so many messages without a wait, an iteration lets the event loop do other things. */
const STRETCH = 64;

/**
 * famfs's own producer/consumer queue, byte for byte: one producer and one consumer, in any processes of any hosts, this
 * library or famfs's `pcq` on either end. docs/pcq.md has the layout, the rules and the hazards.
 *
 * Messages have one size, {@link PcqQueue.messageSize}; shorter ones are filled up with zeros. Each is delivered once:
 * it is consumed when a call has copied it.
 *
 * A queue has one producer and one consumer at a time, which nothing in the files ensures: whoever starts them does.
 *
 * Calls of an end that the queue was not opened with throw ERR_FAMFS_PERMISSION, all of them ERR_FAMFS_CLOSED after
 * {@link PcqQueue.close}, ERR_FAMFS_MEMORY_FAILURE after a fault of the memory, and ERR_FAMFS_CORRUPT where the other end's
 * index is no possible one.
 */
export class PcqQueue extends OpenQueue implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #producer: Producer | undefined;
  readonly #consumer: Consumer | undefined;
  readonly #turns = new Turns();

  private constructor(opened: Opened) {
    super(opened);
    this.#producer = opened.end instanceof Producer ? opened.end : undefined;
    this.#consumer = opened.end instanceof Consumer ? opened.end : undefined;
  }

  /**
   * Makes a queue, in the files `<name>.consumer` and `<name>`, and opens it. On famfs only the master can.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_EXISTS (also
   * where an earlier creation got no further than the consumer's file), and what {@link Instance.create} throws
   */
  static async create(instance: Instance, name: string, callerOptions: PcqCreateOptions): Promise<PcqQueue> {
    checkPlace(instance, name);
    const { role, ...request } = checkCreate(callerOptions);
    await createFiles(instance, name, request);
    return new PcqQueue(await openByName(instance, name, role));
  }

  /**
   * Opens a queue that this library or famfs's `pcq` made.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where the files are not those of a queue, or do not tell a producer the number
   * of its next message; ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, and what
   * {@link Instance.open} and {@link FamfsFile.map} throw
   */
  static async open(instance: Instance, name: string, callerOptions?: PcqOpenOptions): Promise<PcqQueue> {
    checkPlace(instance, name);
    return new PcqQueue(await openByName(instance, name, checkOpen("PcqQueue.open", callerOptions)));
  }

  /**
   * Opens a queue whose files are mapped already: by {@link openHandle}, or on simulated hosts. The queue uses windows of
   * the mappings, which go on when it is closed.
   * @param producer the producer's file, read-write for its role
   * @param consumer the consumer's file, read-write for its role
   * @throws {FamfsError} ERR_FAMFS_PERMISSION for a role whose mapping is read-only; else as {@link PcqQueue.open}
   */
  static async over(producer: Mapping, consumer: Mapping, callerOptions?: PcqOpenOptions): Promise<PcqQueue> {
    const role = checkOpen("PcqQueue.over", callerOptions);
    return new PcqQueue(await startOver(windowsOf(producer, consumer), role));
  }

  /**
   * Makes two mappings the files of an empty queue, whatever they held. Nobody else may use them meanwhile.
   * {@link PcqQueue.create} does it to new files.
   * @throws {FamfsError} ERR_FAMFS_PAST_END where they are too small, ERR_FAMFS_PERMISSION where one is read-only;
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CLOSED
   */
  static format(producer: Mapping, consumer: Mapping, callerOptions: PcqGeometry): void {
    const geometry = checkGeometry(options("PcqQueue.format", callerOptions, ["buckets", "bucketSize"]));
    formatFiles(windowsOf(producer, consumer), geometry);
  }

  /**
   * Changes the permission bits of a queue's files on this host, as `pcq --setperm` does; see {@link PcqPermissions}. On
   * famfs they are this host's alone, and last until it unmounts.
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_UNSUPPORTED_OPERATION where the file system does not keep them;
   * else as {@link PcqQueue.open}
   */
  static async setPermissions(instance: Instance, name: string, permissions: PcqPermissions): Promise<void> {
    checkPermissions(permissions);
    (await PcqQueue.open(instance, name)).close();
    await changeModes(instance, name, permissions);
  }

  /**
   * Puts a message into the queue now. False: it is full, or calls of {@link PcqQueue.produce} wait.
   * @param message at most {@link PcqQueue.messageSize} bytes; it is copied
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE where it is too long, and then nothing is written
   */
  tryProduce(message: Uint8Array): boolean {
    const producer = this.#asProducer();
    producer.checkMessage(message);
    return !this.#turns.taken && producer.putOne(message);
  }

  /**
   * Puts a message into the queue as soon as there is room. Several calls go in the order in which they were made.
   * @param message as for {@link PcqQueue.tryProduce}; it must not change before the promise settles
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_UNKNOWN_OPTION, and as tryProduce; the signal's reason
   */
  async produce(message: Uint8Array, callerOptions?: QueueWaitOptions): Promise<void> {
    const producer = this.#asProducer();
    producer.checkMessage(message);
    const patience = Patience.of("produce", callerOptions);
    await this.#inTurn(producer, patience, () => producer.putOne(message));
  }

  /** The same on this thread, which does nothing else meanwhile. It goes before calls of produce that wait. */
  produceSync(message: Uint8Array, callerOptions: QueueSyncOptions): void {
    const producer = this.#asProducer();
    producer.checkMessage(message);
    checkSyncOptions("produceSync", callerOptions);
    if (producer.putOne(message)) return;
    keepTryingSync(producer, new Patience(callerOptions), () => producer.putOne(message));
  }

  /**
   * Puts as many messages as there is room for into the queue now, with one publication for all.
   * @param messages whole messages of {@link PcqQueue.messageSize} bytes, one after the other
   * @returns how many, from the first on; 0: it is full, or calls of produce wait
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_MISALIGNED where they are not whole
   */
  tryProduceMany(messages: Uint8Array): number {
    const producer = this.#asProducer();
    producer.checkMessages(messages);
    return this.#turns.taken ? 0 : producer.put(messages);
  }

  /**
   * Waits until there is room, and puts as many messages as fit.
   * @returns how many, from the first on: at least 1, unless there were none
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_UNKNOWN_OPTION, and as tryProduceMany; the signal's reason
   */
  async produceMany(messages: Uint8Array, callerOptions?: QueueWaitOptions): Promise<number> {
    const producer = this.#asProducer();
    producer.checkMessages(messages);
    const patience = Patience.of("produceMany", callerOptions);
    if (messages.byteLength === 0) return 0;
    return this.#inTurn(producer, patience, () => producer.put(messages));
  }

  /** The same on this thread, which does nothing else meanwhile. It goes before calls of produce that wait. */
  produceManySync(messages: Uint8Array, callerOptions: QueueSyncOptions): number {
    const producer = this.#asProducer();
    producer.checkMessages(messages);
    checkSyncOptions("produceManySync", callerOptions);
    if (messages.byteLength === 0) return 0;
    return (
      producer.put(messages) || keepTryingSync(producer, new Patience(callerOptions), () => producer.put(messages))
    );
  }

  /**
   * Takes the next message now, as an array of its own.
   * @returns undefined where there is none, or where calls of {@link PcqQueue.consume} wait
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where the next bucket stayed wrong
   */
  tryConsume(): Uint8Array<ArrayBuffer> | undefined {
    const consumer = this.#asConsumer();
    return this.#turns.taken ? undefined : consumer.takeOne();
  }

  /**
   * Takes the next message as soon as there is one. Several calls get theirs in the order in which they were made.
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, and
   * as tryConsume; the signal's reason
   */
  async consume(callerOptions?: QueueWaitOptions): Promise<Uint8Array<ArrayBuffer>> {
    const consumer = this.#asConsumer();
    const patience = Patience.of("consume", callerOptions);
    return this.#inTurn(consumer, patience, () => consumer.takeOne());
  }

  /** The same on this thread, which does nothing else meanwhile. It goes before calls of consume that wait. */
  consumeSync(callerOptions: QueueSyncOptions): Uint8Array<ArrayBuffer> {
    const consumer = this.#asConsumer();
    checkSyncOptions("consumeSync", callerOptions);
    return consumer.takeOne() ?? keepTryingSync(consumer, new Patience(callerOptions), () => consumer.takeOne());
  }

  /**
   * Takes as many messages as there are now and as fit, with one publication for all. Allocates nothing.
   * @param target gets whole messages of {@link PcqQueue.messageSize} bytes, one after the other; what comes after them
   * in it may be overwritten too
   * @returns how many
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE where it has no room for one, and as tryConsume
   */
  tryConsumeMany(target: Uint8Array): number {
    const consumer = this.#asConsumer();
    consumer.checkTarget(target);
    return this.#turns.taken ? 0 : consumer.take(target);
  }

  /**
   * Waits until there is a message, and takes as many as there are and as fit.
   * @param target as for {@link PcqQueue.tryConsumeMany}
   * @returns how many, at least 1
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_UNKNOWN_OPTION, and as tryConsumeMany; the signal's reason
   */
  async consumeMany(target: Uint8Array, callerOptions?: QueueWaitOptions): Promise<number> {
    const consumer = this.#asConsumer();
    consumer.checkTarget(target);
    const patience = Patience.of("consumeMany", callerOptions);
    return this.#inTurn(consumer, patience, () => consumer.take(target));
  }

  /** The same on this thread, which does nothing else meanwhile. It goes before calls of consume that wait. */
  consumeManySync(target: Uint8Array, callerOptions: QueueSyncOptions): number {
    const consumer = this.#asConsumer();
    consumer.checkTarget(target);
    checkSyncOptions("consumeManySync", callerOptions);
    return consumer.take(target) || keepTryingSync(consumer, new Patience(callerOptions), () => consumer.take(target));
  }

  /** All messages from now on, each consumed when it is handed out; ends when the queue is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (let count = 1; ; count++) {
      const message = this.closed ? undefined : (this.tryConsume() ?? (await this.#untilClosed()));
      if (message === undefined) return;
      yield message;
      if (count % STRETCH === 0) await nextTurn();
    }
  }

  /**
   * Throws all messages away that are in the queue now, unread, whole or not. Afterwards the consumer expects what the
   * producer numbers next, so that this is also the way on after ERR_FAMFS_CORRUPT for a bucket.
   * @returns how many
   */
  drain(): number {
    return this.#asConsumer().drain();
  }

  /**
   * How often a bucket was read again, because what it held was not what the producer's index promised. On memory that
   * keeps its promises, with a producer that writes back what it stores, this stays 0.
   */
  get retries(): number {
    return this.#consumer?.retries ?? 0;
  }

  async #untilClosed(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.consume().catch((error: unknown) => {
      if (this.closed) return undefined;
      throw error;
    });
  }

  async #inTurn<T>(side: Side, patience: Patience, attempt: () => T): Promise<NonNullable<T>> {
    const now = this.#turns.taken ? undefined : attempt();
    if (now) return now;
    return this.#turns.take(patience, side.state, () => keepTrying(side, patience, attempt));
  }

  #asProducer(): Producer {
    return this.#producer ?? this.#refuse("producer");
  }

  #asConsumer(): Consumer {
    return this.#consumer ?? this.#refuse("consumer");
  }

  #refuse(role: Role): never {
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `queue ${this.path} was opened ${this.role === undefined ? "without a role" : `as its ${this.role}`}; open it with { role: "${role}" } for this`,
      { path: this.path },
    );
  }
}
