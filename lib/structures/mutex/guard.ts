/** What a guard gives back. */
export interface Holding {
  /** @param whole whether what is guarded is as its users expect it */
  end(whole: boolean): void;
}

/**
 * That a caller has a mutex. `using guard = await mutex.lock()` gives it back at the end of the block. A guard that is
 * forgotten keeps the mutex closed until its participant leaves.
 */
export class MutexGuard {
  /** Of this hold: higher than that of every earlier one, on every host. For {@link SharedRecord.write}. */
  readonly token: number;
  /** The last owner died inside, or its repair failed: what the mutex guards may be half-changed. */
  readonly ownerDied: boolean;
  #holding: Holding | undefined;

  /** @internal */
  constructor(token: number, ownerDied: boolean, holding: Holding) {
    this.token = token;
    this.ownerDied = ownerDied;
    this.#holding = holding;
  }

  /** True until it is given back. */
  get held(): boolean {
    return this.#holding !== undefined;
  }

  /**
   * Writes back what is guarded, and gives the mutex back. A second call does nothing.
   * @throws {FamfsError} ERR_FAMFS_CLOSED where the participant left before: then the next guard has `ownerDied`
   */
  release(): void {
    this.#end(true);
  }

  /** @internal Gives the mutex back with its data as they are: the next guard has `ownerDied`. */
  abandon(): void {
    this.#end(false);
  }

  #end(whole: boolean): void {
    const holding = this.#holding;
    if (holding === undefined) return;
    this.#holding = undefined;
    holding.end(whole);
  }

  /** {@link MutexGuard.release}, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }
}
