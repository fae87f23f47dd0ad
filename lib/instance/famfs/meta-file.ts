import { FamfsError } from "../../errors.js";
import { capabilities } from "../../memory/capabilities.js";
import { Mapping } from "../../memory/mapping.js";
import { OpenFile } from "../../memory/open-file.js";
import { Region } from "../../memory/region.js";
import { pageSize } from "../../native/binding.js";
import { MediaBytes } from "./media-bytes.js";

/**
 * A file of `.meta`, open for one call of the public API: left open it would keep its famfs from being unmounted.
 * Whatever mode the instance is in, other hosts write these files, so lines are invalidated wherever the CPU can.
 */
export class MetaFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly #region: Region;
  readonly #mapping: Mapping;

  private constructor(file: OpenFile) {
    this.path = file.path;
    this.size = file.size;
    this.#region = new Region(file, 0, file.size);
    this.#mapping = new Mapping(this.#region, 0, file.size);
  }

  /** @throws {FamfsError} what opening and mapping throw */
  static async open(path: string): Promise<MetaFile> {
    const coherence = capabilities().incoherent === true ? "incoherent" : "coherent";
    const traits = { kind: "famfs", mapAlignment: pageSize(), coherence, host: undefined } as const;
    const file = await OpenFile.open(path, "read-only", traits);
    try {
      return new MetaFile(file);
    } finally {
      file.close();
    }
  }

  /** @throws {FamfsError} ERR_FAMFS_CORRUPT where it is shorter than `least` bytes */
  checkSize(least: number): void {
    if (this.size >= least) return;
    throw new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `${this.path} is ${this.size} bytes long, expected ${least} at least: this is no famfs, or it was mounted by halves; unmount it and mount it again`,
      { path: this.path },
    );
  }

  /** {@link MetaFile.readInto} a new copy. */
  read(offset: number, length: number): MediaBytes {
    return this.readInto(new MediaBytes(Buffer.allocUnsafe(length)), offset, length);
  }

  /**
   * Copies bytes as memory holds them now.
   * @param copy its beginning is overwritten, and it is returned
   * @param offset a multiple of 8
   * @throws {FamfsError} ERR_FAMFS_MEMORY_FAILURE where the memory is not there
   */
  readInto(copy: MediaBytes, offset: number, length: number): MediaBytes {
    this.#mapping.invalidate(offset, length);
    const window = this.#mapping.window(offset, length);
    copy.bytes.set(window.bytes());
    window.close();
    // A fault while it was copied left zeros.
    this.#region.check();
    return copy;
  }

  /** Resolves when nothing of the file is held any more. */
  async close(): Promise<void> {
    this.#mapping.close();
    await this.#mapping.released;
  }
}
