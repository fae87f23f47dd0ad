import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder.js";

/** A file that whoever reads it waits for, for ever. */
export class HangingFile {
  readonly #pipe = join(temporaryFolder(), "pipe");

  constructor() {
    execFileSync("mkfifo", [this.#pipe]);
    // With an end for writing open, opening it for reading does not wait, reading does.
    const end = openSync(this.#pipe, constants.O_RDWR);
    onTestFinished(() => closeSync(end));
  }

  /** A shell script that puts it in the place of this file. */
  inPlaceOf(path: string): string {
    return `mount --bind ${this.#pipe} ${path}`;
  }
}
