import type { NativeTreatment } from "../../types/native.js";
import { native } from "../native/binding.js";
import { Cell } from "./cell.js";
import { treatment } from "./coherence.js";
import { CommitWord, type WordPlace } from "./commit-word.js";
import { SMALL } from "./span.js";

const NOTHING = new Uint8Array(0);

/**
 * A commit word on coherent memory: Atomics and plain stores, no native call. Only the payload of an overwritten record
 * goes through the addon where plain accesses may pass the word (R9: elsewhere than on x86-64), and where the mapping is
 * too large to have an ArrayBuffer.
 */
export class CoherentWord extends CommitWord {
  readonly #cell: Cell;
  readonly #waiters: Cell | undefined;
  readonly #copiesHere: boolean;
  /** For the addon's copies. */
  readonly #treatment: NativeTreatment;
  readonly #at: number = 0;
  /** The payload that was copied last, and its private copy: checked, and a subarray for each copy would be garbage. */
  #payload: Uint8Array = NOTHING;
  #payloadOffset = -1;
  #copy: Uint8Array | undefined;

  constructor(place: WordPlace) {
    super(place);
    const { span, offset, bits, site, waiters } = place;
    this.#cell = new Cell(span, offset, bits);
    this.#waiters = waiters === undefined ? undefined : new Cell(span, waiters, 32);
    this.#copiesHere = process.arch === "x64" && span.byteLength <= SMALL;
    this.#treatment = treatment("coherent", site, bits === 64);
    this.#at = span.base + offset;
  }

  publish(value: number, payloadOffset: number, payloadLength: number): void {
    this.checkArguments(value, payloadOffset, payloadLength);
    this.#store(value);
  }

  protected override setChecked(value: number): void {
    this.#store(value);
  }

  protected override storeRanges(value: number, _ranges: Float64Array): void {
    this.#store(value);
  }

  observe(): number {
    try {
      return this.span.checkLoaded(this.#cell.load(), this.offset);
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  stillIs(value: number): boolean {
    this.span.check();
    const found = this.#cell.load();
    this.span.region.check();
    return found === value;
  }

  begin(): void {
    this.span.checkWritable();
    this.span.check();
    this.#mark(this.#cell.load());
    this.span.region.check();
  }

  overwrite(value: number, offset: number, source: Uint8Array): void {
    this.#choosePayload(offset, source);
    this.checkOverwrite(value, offset, source.byteLength);
    if (!this.#copiesHere) this.#overwriteThere(value, offset, source);
    else this.#overwriteHere(value, source);
  }

  #overwriteThere(value: number, offset: number, source: Uint8Array): void {
    const { region, base } = this.span;
    const done = native().overwrite(region.slot, this.#treatment, this.#at, value, base + offset, source);
    if (!done) this.refuseSameValue(value);
    region.check();
    this.#wake();
  }

  #overwriteHere(value: number, source: Uint8Array): void {
    const before = this.#cell.load();
    if (before === value) this.refuseSameValue(value);
    this.#mark(before);
    this.#payload.set(source);
    this.#store(value);
  }

  read(offset: number, target: Uint8Array): number | undefined {
    this.#choosePayload(offset, target);
    const { region, base } = this.span;
    if (!this.#copiesHere) {
      const value = native().read(region.slot, this.#treatment, this.#at, base + offset, target);
      region.check();
      return value < 0 ? undefined : this.span.checkLoaded(value, this.offset);
    }
    const value = this.#cell.load();
    if ((value & 1) !== 0) return undefined;
    target.set(this.#payload);
    const again = this.#cell.load();
    region.check();
    return again === value ? this.span.checkLoaded(value, this.offset) : undefined;
  }

  readAs(value: number, offset: number, target: Uint8Array): boolean {
    if (target !== this.#copy || offset !== this.#payloadOffset) this.#choosePayload(offset, target);
    if (!this.#copiesHere) return this.#readThere(value, offset, target);
    try {
      target.set(this.#payload);
      const found = this.#cell.peek();
      this.span.region.check();
      return found === value;
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  /** Views of what was closed throw by themselves or take no store, so nothing is checked before an access. */
  #reasonOf(error: unknown): unknown {
    this.span.check();
    return error;
  }

  #readThere(value: number, offset: number, target: Uint8Array): boolean {
    const { region, base } = this.span;
    this.span.check();
    const whole = native().readAs(region.slot, this.#treatment, this.#at, value, base + offset, target);
    region.check();
    return whole;
  }

  #choosePayload(offset: number, copy: Uint8Array): void {
    if (copy === this.#copy && offset === this.#payloadOffset) {
      this.span.check();
      return;
    }
    this.checkCopy(offset, copy);
    const length = copy.byteLength;
    if (this.#copiesHere && (offset !== this.#payloadOffset || length !== this.#payload.byteLength))
      this.#payload = this.span.bytes.subarray(offset, offset + length);
    this.#payloadOffset = offset;
    this.#copy = copy;
  }

  #mark(before: number): void {
    this.#cell.store((before & 1) === 0 ? before + 1 : before);
  }

  #store(value: number): void {
    try {
      this.#cell.store(value);
    } catch (error) {
      throw this.#reasonOf(error);
    }
    this.span.check();
    if (this.#waiters !== undefined) this.#wake();
  }

  /** Sleepers set the word before they look at the commit word for the last time, so none is missed. */
  #wake(): void {
    if (this.#waiters?.take()) native().wake(this.span.region.slot, this.#treatment, this.#at);
  }
}
