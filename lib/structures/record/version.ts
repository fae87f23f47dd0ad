import { signedCrc32c } from "../../segment/crc32c.js";
import { Trailer, trailerAt, versionSize } from "./layout.js";

/** Private memory for the bytes of one version. */
export class Version {
  /** The record, then the trailer. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #data: DataView;
  readonly #trailer: number = 0;
  readonly #checked: boolean;

  /** @param checked whether versions carry a checksum: everywhere but on coherent memory */
  constructor(recordSize: number, checked: boolean) {
    this.bytes = new Uint8Array(versionSize(recordSize));
    this.#data = new DataView(this.bytes.buffer);
    this.#trailer = trailerAt(recordSize);
    this.#checked = checked;
  }

  /** What it was written with, so that the newest of several writers' versions can be found. */
  get token(): number {
    const low = this.#data.getUint32(this.#trailer + Trailer.token, true);
    return this.#data.getUint32(this.#trailer + Trailer.token + 4, true) * 2 ** 32 + low;
  }

  /** Ready to be written. */
  seal(token: number): Uint8Array {
    this.#data.setUint32(this.#trailer + Trailer.token, token >>> 0, true);
    this.#data.setUint32(this.#trailer + Trailer.token + 4, Math.floor(token / 2 ** 32), true);
    if (this.#checked) this.#data.setInt32(this.#trailer + Trailer.crc, this.#crc(), true);
    return this.bytes;
  }

  /** Whether the checksum is right. */
  isWhole(): boolean {
    return !this.#checked || this.#data.getInt32(this.#trailer + Trailer.crc, true) === this.#crc();
  }

  #crc(): number {
    return signedCrc32c(this.bytes, 0, this.#trailer + Trailer.crc);
  }
}
