/** Options of {@link SharedRecord.write}. */
export interface WriteOptions {
  /** Of the lock under which it is written, from 1: the version with the highest token is the record. */
  token: number;
}

/** Where a record's value comes from and goes to. */
export interface RecordSource {
  /** Grows with every write; 0 before the first. */
  readonly version: number;
  /** The copy that {@link tryRead} makes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the word that a change can be waited for at; undefined where that takes looking at several words. */
  readonly selector: number | undefined;
  /** What the next write commits. @throws {FamfsError} ERR_FAMFS_PERMISSION */
  readonly draft: Uint8Array<ArrayBuffer>;
  /**
   * Copies the newest version. A number that it alone has, 0 before the first write, undefined after bounded retries.
   */
  tryRead(): number | undefined;
  write(options: WriteOptions | undefined): void;
}
