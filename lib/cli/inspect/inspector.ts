import { stat } from "node:fs/promises";
import { WRITER_SPACING } from "../../memory/coherence.js";
import { FORMAT_VERSION, HEADER_WORD } from "../../segment/layout.js";
import { lookAtHosts } from "./hosts.js";
import { close, type OpenedForReading, openForReading } from "./open.js";
import { Participants } from "./participants.js";
import { type Selection, Structures } from "./structures.js";

/** What a look at a segment shows. */
export type Told = Awaited<ReturnType<Inspector["look"]>>;

/** Looks at the segment in a file, again and again. */
export class Inspector {
  readonly #opened: OpenedForReading;
  readonly #participants: Participants;
  readonly #structures: Structures;

  private constructor(opened: OpenedForReading, selection: Selection) {
    this.#opened = opened;
    this.#participants = new Participants(opened.segment);
    this.#structures = new Structures(opened.segment, selection);
  }

  /** @throws {FamfsError} as {@link openForReading} */
  static async open(path: string, selection: Selection): Promise<Inspector> {
    return new Inspector(await openForReading(path), selection);
  }

  /** Everything, as it is now. @throws {FamfsError} where the memory is gone */
  async look() {
    const { instance, segment } = this.#opened;
    const { path } = segment;
    const hosts = lookAtHosts(segment);
    const participants = this.#participants.look();
    const structures = await this.#structures.look();
    const at = new Date().toISOString();
    return { at, path, kind: instance.kind, header: this.#header(), hosts, participants, ...structures };
  }

  #header() {
    const { layout, compatible, coherence, lineSize, epoch, place } = this.#opened.segment.memory.header;
    const { byteSize, hosts, participantsPerHost, entriesPerHost, dataAt } = layout;
    const format = { version: FORMAT_VERSION, compatible, incompatible: 0, coherence, lineSize };
    const counts = { byteSize, hosts, participantsPerHost, entriesPerHost, dataAt };
    return { ...format, writerSpacing: WRITER_SPACING, ...counts, epoch, place };
  }

  /**
   * Whether the path still means this segment: another one may have been made in its place.
   * @throws {FamfsError} where the memory is gone
   */
  async isCurrent(): Promise<boolean> {
    const { segment } = this.#opened;
    if (segment.memory.word(HEADER_WORD, 64, "segment.header").observe() !== segment.epoch) return false;
    return stillMeans(segment.path, segment.memory.mapping.handle().identity);
  }

  close(): Promise<void> {
    return close(this.#opened);
  }
}

/** Whether a path means the file that was opened. Where the system does not say, the memory is there nevertheless. */
async function stillMeans(path: string, identity: string): Promise<boolean> {
  try {
    const { dev, ino, rdev } = await stat(path, { bigint: true });
    return [`${dev}:${ino}`, `device:${rdev}`].includes(identity);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
