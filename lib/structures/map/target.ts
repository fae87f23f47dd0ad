import { show, wrongType } from "../../guards.js";
import type { RawView } from "../../schema/raw-view.js";
import { checkOpen } from "../../schema/source.js";
import type { Schema } from "../../schema/struct.js";
import { ValueBuffer } from "./value.js";

/** The memory of the view that a caller wants values in; of the last one it is kept, because it would be garbage. */
export class TargetView {
  /** Where a value is put first: it may still turn out to be none. */
  readonly value: ValueBuffer;
  readonly #schema: Schema;
  #data: DataView | undefined;
  #offset = -1;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(schema: Schema) {
    this.#schema = schema;
    this.value = new ValueBuffer(schema.size);
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_CLOSED */
  bytesOf(view: object): Uint8Array {
    const { _data: data, _offset: offset, _type: type } = (view ?? {}) as Partial<RawView>;
    if (type !== this.#schema || data === undefined || offset === undefined)
      throw wrongType("view", "a view of the map's schema", view ?? show(view));
    checkOpen(data);
    if (data !== this.#data || offset !== this.#offset) {
      this.#bytes = new Uint8Array(data.buffer, data.byteOffset + offset, this.#schema.size);
      this.#data = data;
      this.#offset = offset;
    }
    return this.#bytes;
  }
}
