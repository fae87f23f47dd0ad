import { spawnSync } from "node:child_process";
import { constants, ftruncateSync, openSync, writeSync } from "node:fs";

/** open(2): a file without a name. Node names no constant for it. */
const O_TMPFILE = 0o20000000 | (constants.O_DIRECTORY ?? 0);

/**
 * The memory that both guests have: a file without a name, so that it goes with its last holder whatever happens. It
 * takes only as many pages as are stored to.
 */
export class SharedMemory {
  readonly fd: number;

  constructor(readonly size: number) {
    this.fd = openSync("/dev/shm", O_TMPFILE | constants.O_RDWR, 0o600);
    ftruncateSync(this.fd, size);
  }

  /** Stores bytes. */
  write(offset: number, bytes: Uint8Array): void {
    if (writeSync(this.fd, bytes, 0, bytes.length, offset) !== bytes.length) throw new Error("a short write");
  }

  /** Makes a range zero, in the guests too, and gives its pages back. */
  clear(offset: number, length: number): void {
    const args = ["--punch-hole", "--offset", `${offset}`, "--length", `${length}`, "/proc/self/fd/3"];
    const { status, stderr } = spawnSync("fallocate", args, { stdio: ["ignore", "ignore", "pipe", this.fd] });
    if (status !== 0) throw new Error(`fallocate ${args.join(" ")}: ${stderr}`);
  }
}
