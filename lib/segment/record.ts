import { crc32c } from "./crc32c.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * A private copy of a record in shared memory: it is filled, sealed with its checksum and copied there, or copied from
 * there, checked and read. Nothing read from it is trusted (R6).
 */
export class PrivateRecord {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Rounded above 2^53, which no caller takes for a number of its own. */
  u64(at: number): number {
    return this.u32(at + 4) * 0x1_0000_0000 + this.u32(at);
  }

  setU64(at: number, value: number): void {
    this.setU32(at, value % 0x1_0000_0000);
    this.setU32(at + 4, Math.floor(value / 0x1_0000_0000));
  }

  big64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  setBig64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true);
  }

  hex(at: number, length: number): string {
    return Buffer.from(this.bytes.buffer, at, length).toString("hex");
  }

  setHex(at: number, hex: string): void {
    this.bytes.set(Buffer.from(hex, "hex"), at);
  }

  /** Undefined where these bytes are no UTF-8, or the length is more than there is room for. */
  text(at: number, length: number, room: number): string | undefined {
    if (length > room) return undefined;
    try {
      return decoder.decode(this.bytes.subarray(at, at + length));
    } catch {
      return undefined;
    }
  }

  /** Puts a text that fits there; returns its length in bytes. */
  setText(at: number, text: string): number {
    const bytes = encoder.encode(text);
    this.bytes.set(bytes, at);
    return bytes.byteLength;
  }

  /** Computes the checksum of all bytes before it. */
  seal(crcAt: number): this {
    this.setU32(crcAt, crc32c(this.bytes, 0, crcAt));
    return this;
  }

  sealed(crcAt: number): boolean {
    return this.u32(crcAt) === crc32c(this.bytes, 0, crcAt);
  }
}
