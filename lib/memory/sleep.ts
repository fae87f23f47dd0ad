/** What nobody wakes. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps on this thread, which does nothing else meanwhile; in milliseconds. */
export function sleepSync(milliseconds: number): void {
  Atomics.wait(NOBODY, 0, 0, milliseconds);
}
