import { FamfsError } from "../../errors.js";
import { show, wrongType } from "../../guards.js";
import { encodingFault } from "../../schema/utf8.js";
import { hash } from "./hash.js";
import { keyBytes } from "./layout.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A key as it is in a slot, in private memory: set again for each call. */
export class KeyBuffer {
  /** The key, then zeros. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** Of the key, in bytes. */
  length = 8;
  hash = 0;
  /** The key where it is an integer. */
  integer = 0;
  /** Bytes of the longest string; 0 where keys are integers. */
  readonly #size: number = 0;
  readonly #seed: number = 0;

  constructor(keySize: number, seed: number) {
    this.bytes = new Uint8Array(keyBytes(keySize));
    this.words = new Int32Array(this.bytes.buffer);
    this.#size = keySize;
    this.#seed = seed | 0;
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING */
  set(key: unknown): void {
    if (this.#size === 0) this.#setInteger(key);
    else this.#setString(key);
    this.hash = hash(this.words, this.length, this.#seed);
  }

  #setInteger(key: unknown): void {
    if (!Number.isSafeInteger(key)) refuseNumber(key);
    this.integer = key as number;
    this.words[0] = key as number;
    this.words[1] = Math.floor((key as number) / 0x1_0000_0000);
  }

  #setString(key: unknown): void {
    if (typeof key !== "string") throw wrongType("the key", "a string", key);
    const { bytes } = this;
    let length = key.length;
    if (length > this.#size) throw this.#tooLong(key);
    for (let i = 0; i < length; i++) {
      const code = key.charCodeAt(i);
      if (code === 0 || code > 127) {
        length = this.#encode(key);
        break;
      }
      bytes[i] = code;
    }
    if (length < this.length) bytes.fill(0, length, this.length);
    this.length = length;
  }

  /** Anything but ASCII. */
  #encode(key: string): number {
    // Of what was written here before nothing may stay behind the key.
    this.length = this.bytes.byteLength;
    const fault = encodingFault(key);
    if (fault !== undefined) throw new FamfsError("ERR_FAMFS_ENCODING", `the key must be a string ${fault}`);
    const { read, written } = encoder.encodeInto(key, this.bytes.subarray(0, this.#size));
    if (read < key.length) throw this.#tooLong(key);
    return written;
  }

  /**
   * A key that was copied out of a slot.
   * @returns undefined where its bytes are no key
   */
  decode(words: Int32Array, bytes: Uint8Array, length: number): number | string | undefined {
    if (this.#size === 0) {
      const key = (words[1] as number) * 0x1_0000_0000 + ((words[0] as number) >>> 0);
      return length === 8 && Number.isSafeInteger(key) ? key : undefined;
    }
    if (length > this.#size) return undefined;
    try {
      return decoder.decode(bytes.subarray(0, length));
    } catch {
      return undefined;
    }
  }

  #tooLong(key: string): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `the key must be a string of at most ${this.#size} bytes of UTF-8, found ${show(key)}; make the map with longer keys: utf8(size)`,
    );
  }
}

function refuseNumber(key: unknown): never {
  if (typeof key !== "number") throw wrongType("the key", "a number", key);
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `the key must be an integer from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}, found ${key}`,
  );
}
