import { FamfsError } from "../../errors.js";
import { integer, show, wrongType } from "../../guards.js";
import { type MapTable, Outcome } from "./table.js";

/** Looks many integers up at once. */
export class ManyKeys {
  readonly #table: MapTable;
  /** An outcome for each key of the last call. */
  #found = new Uint8Array(0);

  constructor(table: MapTable) {
    this.#table = table;
  }

  /** {@link SharedMap.getMany} */
  get(keys: Float64Array | BigUint64Array | BigInt64Array, out: ArrayBufferView): Uint8Array {
    const { name, keySize, valueSize } = this.#table.shape;
    if (keySize !== 0) throw noStrings(name);
    checkKeys(keys);
    if (!ArrayBuffer.isView(out) || out instanceof DataView) throw wrongType("out", "a typed array", out);
    integer("the bytes of out", out.byteLength, keys.length * valueSize);
    if (this.#found.length !== keys.length) this.#found = new Uint8Array(keys.length);
    if (keys.length === 0) return this.#found;
    this.#table.findMany(keys, out as NodeJS.TypedArray, this.#found);
    for (let i = 0; i < keys.length; i++) if ((this.#found[i] as number) > Outcome.found) this.#refuse(keys, i);
    return this.#found;
  }

  #refuse(keys: Float64Array | BigUint64Array | BigInt64Array, index: number): never {
    const outcome = this.#found[index] as Outcome;
    if (outcome !== Outcome.noKey) throw this.#table.refusal(outcome);
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `keys[${index}] must be an integer from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}, found ${show(keys[index])}`,
    );
  }
}

function checkKeys(keys: unknown): void {
  if (keys instanceof Float64Array || keys instanceof BigUint64Array || keys instanceof BigInt64Array) return;
  throw wrongType("keys", "a Float64Array, BigUint64Array or BigInt64Array", keys);
}

function noStrings(name: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    `the keys of the map ${JSON.stringify(name)} are strings; getMany takes integers, use read() for each`,
  );
}
