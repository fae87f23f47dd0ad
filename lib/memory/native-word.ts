import type { NativeTreatment } from "../../types/native.js";
import { native } from "../native/binding.js";
import { treatment } from "./coherence.js";
import { CommitWord, type WordPlace } from "./commit-word.js";

/**
 * A commit word on incoherent or simulated memory: every method is one native call (src-native/commit.h), in which the
 * modes differ by their class in src-native/memory.h.
 */
export class NativeWord extends CommitWord {
  readonly #treatment: NativeTreatment;
  /** In the region, in bytes: what native calls take. */
  readonly #at: number = 0;

  constructor(place: WordPlace) {
    super(place);
    const { region, base } = place.span;
    this.#treatment = treatment(region.traits.coherence, place.site, place.bits === 64);
    this.#at = base + place.offset;
  }

  publish(value: number, payloadOffset: number, payloadLength: number): void {
    const { region, base } = this.span;
    this.checkStore(value, payloadOffset, payloadLength);
    native().publish(region.slot, this.#treatment, this.#at, value, base + payloadOffset, payloadLength);
    region.check();
  }

  protected override setChecked(value: number): void {
    const { region } = this.span;
    this.span.check();
    native().publish(region.slot, this.#treatment, this.#at, value, this.#at, 0);
    region.check();
  }

  protected override storeRanges(value: number, ranges: Float64Array): void {
    const { region } = this.span;
    native().publishRanges(region.slot, this.#treatment, this.#at, value, ranges);
    region.check();
  }

  observe(): number {
    this.span.check();
    const { region } = this.span;
    const value = native().observe(region.slot, this.#treatment, this.#at);
    return this.span.checkLoaded(value, this.offset);
  }

  stillIs(value: number): boolean {
    this.span.check();
    const { region } = this.span;
    const found = native().lookAgain(region.slot, this.#treatment, this.#at);
    region.check();
    return found === value;
  }

  begin(): void {
    const { region } = this.span;
    this.span.checkWritable();
    this.span.check();
    native().begin(region.slot, this.#treatment, this.#at);
    region.check();
  }

  overwrite(value: number, offset: number, source: Uint8Array): void {
    this.checkCopy(offset, source);
    this.checkOverwrite(value, offset, source.byteLength);
    const { region, base } = this.span;
    const done = native().overwrite(region.slot, this.#treatment, this.#at, value, base + offset, source);
    region.check();
    if (!done) this.refuseSameValue(value);
  }

  read(offset: number, target: Uint8Array): number | undefined {
    this.checkCopy(offset, target);
    const { region, base } = this.span;
    const value = native().read(region.slot, this.#treatment, this.#at, base + offset, target);
    region.check();
    return value < 0 ? undefined : this.span.checkLoaded(value, this.offset);
  }

  readAs(value: number, offset: number, target: Uint8Array): boolean {
    this.checkCopy(offset, target);
    const { region, base } = this.span;
    const whole = native().readAs(region.slot, this.#treatment, this.#at, value, base + offset, target);
    region.check();
    return whole;
  }
}
