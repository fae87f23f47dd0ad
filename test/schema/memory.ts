import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MemorySource } from "../../lib/index.js";

/** Private memory that looks like a mapping. */
export class FakeMapping implements MemorySource {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;

  constructor(size: number | ArrayBuffer, byteOffset = 0, byteLength?: number) {
    this.buffer = typeof size === "number" ? new ArrayBuffer(size) : size;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength ?? this.buffer.byteLength - byteOffset;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer, this.byteOffset, this.byteLength);
  }

  window(offset: number, length: number): FakeMapping {
    if (offset % 8 !== 0 || offset + length > this.byteLength) throw new RangeError("not a window");
    return new FakeMapping(this.buffer, this.byteOffset + offset, length);
  }

  /** What closing a mapping does to its buffer. */
  close(): void {
    structuredClone(this.buffer, { transfer: [this.buffer] });
  }
}

/** A directory for one test, on /dev/shm where there is one. */
export function temporaryDirectory(): { path: string; remove(): void } {
  let base = tmpdir();
  try {
    rmSync(mkdtempSync("/dev/shm/famfs-test-"), { recursive: true });
    base = "/dev/shm";
  } catch {
    // No /dev/shm: any directory does, as only the contents of files are looked at.
  }
  const path = mkdtempSync(join(base, "famfs-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
