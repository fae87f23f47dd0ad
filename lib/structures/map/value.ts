import { padded } from "./layout.js";

/** Private memory for a value: as it is in a slot, with zeros behind. */
export class ValueBuffer {
  /** The value alone. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly padded: Uint8Array<ArrayBuffer>;
  readonly ints: Int32Array;

  constructor(size: number) {
    const buffer = new ArrayBuffer(padded(size));
    this.bytes = new Uint8Array(buffer, 0, size);
    this.padded = new Uint8Array(buffer);
    this.ints = new Int32Array(buffer);
  }
}
