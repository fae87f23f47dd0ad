import type { Patience } from "./patience.js";

/** Lets calls that wait go one after the other, in the order in which they were made. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether somebody waits. */
  get taken(): boolean {
    return this.#waiting > 0;
  }

  /** Runs `action` after those that came before; `state` says what lasted where patience ends meanwhile. */
  async take<T>(patience: Patience, state: string, action: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = before.then(() => over);
    this.#waiting++;
    try {
      if (this.#waiting > 1) await patience.until(before, state);
      return await action();
    } finally {
      this.#waiting--;
      end();
    }
  }
}
