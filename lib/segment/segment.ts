import { constants, fstatSync, openSync } from "node:fs";
import { FamfsError } from "../errors.js";
import { integer, options, wrongType } from "../guards.js";
import { Instance } from "../instance/instance.js";
import type { Coherence } from "../memory/coherence.js";
import type { Mapping } from "../memory/mapping.js";
import { type Access, OpenFile } from "../memory/open-file.js";
import { fileError } from "../memory/system-errors.js";
import { SegmentDirectory } from "./directory.js";
import { type FormatOptions, format, formatAnew, layoutFor, type SegmentCounts } from "./format.js";
import type { SegmentHeader } from "./header.js";
import { type JoinOptions, join } from "./join.js";
import { Liveness, type Sight } from "./liveness.js";
import { thisMachine } from "./machine.js";
import { SegmentMemory } from "./memory.js";
import { type OpenSegmentOptions, openMapping } from "./open.js";
import type { Participant } from "./participant.js";
import { listParticipants, type ParticipantInfo } from "./participants.js";
import { placeOf } from "./place.js";

/** Options of {@link Segment.create}. */
export interface CreateSegmentOptions extends SegmentCounts {
  /** Of the file, in bytes. */
  size: number;
  /** Permission bits of the file; the umask is taken off. Default 0o644. */
  mode?: number | undefined;
}

/** A structure of a segment, as {@link Segment.entries} lists it. */
export interface EntryInfo {
  readonly name: string;
  /** Such as `"record"`. */
  readonly kind: string;
  /** Of the kind's layout. */
  readonly version: number;
  readonly capacity: number;
  /** What it occupies, in bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

// The net under segments that nobody closed. Participants hold the sight, and may outlive their segment's object.
const forgotten = new FinalizationRegistry<OpenFile>((file) => file.close());

/**
 * Many named structures in one file, for several hosts. Made by {@link Segment.create}, {@link Segment.open} and
 * {@link Segment.format}; docs/participants.md tells how to use it, docs/format/segment.md what its bytes are.
 */
export class Segment {
  /** Absolute path of the file. */
  readonly path: string;
  /** How many hosts can take part. */
  readonly hosts: number;
  /** How many participants each host can have at a time. */
  readonly participantsPerHost: number;
  /** Of the file, in bytes. */
  readonly byteSize: number;
  /** Of its creation: another one is another segment. */
  readonly epoch: number;
  /** Of a segment on a device, as {@link Segment.format} drew it; elsewhere undefined. */
  readonly uuid: string | undefined;
  /** @internal */
  readonly memory: SegmentMemory;
  /** @internal */
  readonly directory: SegmentDirectory;
  /** @internal */
  readonly liveness: Liveness;
  readonly #sight: Sight;
  readonly #participants = new Set<Participant>();
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(mapping: Mapping, header: SegmentHeader) {
    this.#sight = openSight(mapping);
    const { file } = this.#sight;
    forgotten.register(this.#sight, file, this.#sight);
    void mapping.released.then(() => file.close());
    this.path = file.path;
    this.hosts = header.layout.hosts;
    this.participantsPerHost = header.layout.participantsPerHost;
    this.byteSize = header.layout.byteSize;
    this.epoch = header.epoch;
    this.uuid = header.place.kind === "devdax" ? header.place.uuid : undefined;
    this.memory = new SegmentMemory(mapping, header);
    this.directory = new SegmentDirectory(this.memory);
    this.liveness = new Liveness(this.memory, this.#sight);
  }

  /**
   * Makes a file and a segment in it. Of several that make the same name exactly one succeeds; the others open it.
   * @param name of the file, as {@link Instance.create} takes it
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_OUT_OF_RANGE (a size too small says the least one), and what else
   * {@link Instance.create} throws
   */
  static async create(instance: Instance, name: string, callerOptions: CreateSegmentOptions): Promise<Segment> {
    checkInstance(instance);
    const known = ["size", "hosts", "participantsPerHost", "mode"] as const;
    const { mode, ...counts } = options("Segment.create", callerOptions, known);
    const size = integer("size", counts.size, 1);
    const layout = layoutFor(size, counts);
    const file = await instance.create(name, { size, mode, zero: false });
    const place = await placeOf(instance, name, file);
    const mapping = file.map();
    file.close();
    return made(mapping, () => format(mapping, layout, place));
  }

  /**
   * Opens a segment; waits for its file and its header where they are not there yet.
   * @param callerOptions `access`: default `"read-write"`; `uuid`: of the segment on a device, to refuse a left-over;
   * `timeout`: in milliseconds, default 10000; `signal`
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT (says what was there instead), ERR_FAMFS_COHERENCE_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_CORRUPT, and what {@link Instance.open} throws; the signal's reason
   */
  static async open(instance: Instance, name: string, callerOptions?: OpenSegmentOptions): Promise<Segment> {
    checkInstance(instance);
    const { mapping, header } = await openMapping(instance, name, callerOptions);
    return made(mapping, () => header);
  }

  /**
   * Makes a segment of memory that is there already: an operator's act, and the only way on a device. Whoever uses what
   * was there before meets errors, or worse.
   * @param mapping of the whole file, read-write. It belongs to the segment from now on
   * @throws {FamfsError} ERR_FAMFS_EXISTS unless `force`, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_PERMISSION, ERR_FAMFS_CLOSED
   */
  static format(mapping: Mapping, callerOptions: FormatOptions): Segment {
    return new Segment(mapping, formatAnew(mapping, callerOptions));
  }

  /** How the hosts see each other's stores. */
  get coherence(): Coherence {
    return this.memory.mapping.coherence;
  }

  /** Whether it was opened for storing. */
  get access(): Access {
    return this.memory.mapping.access;
  }

  /** True after {@link Segment.close}, or once its instance was closed. */
  get closed(): boolean {
    return this.#closed !== undefined || this.memory.mapping.closed;
  }

  /**
   * Takes part: from now on structures can be made, and stored to. docs/participants.md says what hosts, leases and
   * deaths are.
   * @throws {FamfsError} ERR_FAMFS_HOST_REQUIRED, ERR_FAMFS_HOST_TAKEN, ERR_FAMFS_SLOTS_EXHAUSTED, ERR_FAMFS_TIMEOUT,
   * ERR_FAMFS_PERMISSION, ERR_FAMFS_STALE_HANDLE, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CLOSED
   */
  async join(callerOptions?: JoinOptions): Promise<Participant> {
    this.#checkOpen();
    const participant = await join(
      { memory: this.memory, directory: this.directory, sight: this.#sight },
      callerOptions,
    );
    this.#participants.add(participant);
    if (!this.closed) return participant;
    await participant.leave();
    throw segmentClosed(this.path);
  }

  /**
   * Everybody who takes part, and those who ended without leaving, as they look from here. Silence is measured by this
   * segment's own clock from its first call on: to find who is silent, call again after a lease.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  participants(): ParticipantInfo[] {
    this.#checkOpen();
    return listParticipants(this.memory, this.liveness);
  }

  /**
   * The structures that are ready, by name.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  entries(): EntryInfo[] {
    this.#checkOpen();
    return this.directory.ready().map(({ name, kind, version, capacity, offset, length }) => {
      return { name, kind, version, capacity, offset, length };
    });
  }

  /** Lets its participants leave and closes the mapping, with all structures in it. Closing twice does nothing. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** {@link Segment.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.closed) throw segmentClosed(this.path);
  }

  async #close(): Promise<void> {
    forgotten.unregister(this.#sight);
    await Promise.all([...this.#participants].map((participant) => participant.leave()));
    this.memory.mapping.close();
    this.#sight.file.close();
  }
}

/** A mapping whose segment cannot be made is nobody's. */
function made(mapping: Mapping, header: () => SegmentHeader): Segment {
  try {
    return new Segment(mapping, header());
  } catch (error) {
    mapping.close();
    throw error;
  }
}

function segmentClosed(path: string): FamfsError {
  return new FamfsError("ERR_FAMFS_CLOSED", `the segment ${path} was closed; open it again`, { path });
}

function checkInstance(instance: unknown): void {
  if (!(instance instanceof Instance)) throw wrongType("instance", "an instance, from openInstance()", instance);
}

/** An open of the same file, to ask for locks with. */
function openSight(mapping: Mapping): Sight {
  const { path, kind, identity, alignment: mapAlignment, coherence, host } = mapping.handle();
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Locks belong to the inode: two nodes of one device have locks apart.
    const { dev, ino } = fstatSync(fd, { bigint: true });
    const file = OpenFile.adopt(path, "read-only", fd, { kind, mapAlignment, coherence, host });
    const { bootId } = thisMachine(coherence, host);
    if (file.identity === identity) return { file, node: { bootId, device: dev, inode: ino } };
    file.close();
  } catch (error) {
    throw fileError(error, path);
  }
  throw new FamfsError("ERR_FAMFS_STALE_HANDLE", `${path} means another file by now; open it again`, { path });
}
