/** Work that is done sooner needs no progress line. */
const QUIET_MS = 300;
const INTERVAL_MS = 100;

/** One updating line on a terminal; nothing elsewhere. */
export class ProgressLine {
  #stream;
  #quietUntil = Date.now() + QUIET_MS;
  #drawnAt = 0;

  constructor(stream = process.stderr) {
    this.#stream = stream;
  }

  /** A new stage of the work: shown at once. */
  stage(text) {
    if (!this.#stream.isTTY || Date.now() < this.#quietUntil) return;
    this.#drawnAt = Date.now();
    this.#stream.write(`\r\x1b[K${text}`);
  }

  /** How far a stage has come: shown now and then. */
  update(text) {
    if (Date.now() >= this.#drawnAt + INTERVAL_MS) this.stage(text);
  }

  /** Takes the line away. */
  clear() {
    if (this.#drawnAt > 0) this.#stream.write("\r\x1b[K");
    this.#drawnAt = 0;
  }
}
