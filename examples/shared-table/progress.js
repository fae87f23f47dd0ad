/** Work that is done sooner needs no progress line. */
const QUIET_MS = 300;
const INTERVAL_MS = 100;

/** One updating line on a terminal; nothing elsewhere. */
export class ProgressLine {
  #stream;
  #nextAt = Date.now() + QUIET_MS;
  #shown = false;

  constructor(stream = process.stderr) {
    this.#stream = stream;
  }

  show(text) {
    if (!this.#stream.isTTY || Date.now() < this.#nextAt) return;
    this.#nextAt = Date.now() + INTERVAL_MS;
    this.#shown = true;
    this.#stream.write(`\r\x1b[K${text}`);
  }

  /** Takes the line away. */
  clear() {
    if (this.#shown) this.#stream.write("\r\x1b[K");
    this.#shown = false;
  }
}
