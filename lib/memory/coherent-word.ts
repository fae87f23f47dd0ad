import { CommitWord, type WordPlace } from "./commit-word.js";

/** A commit word on coherent memory: Atomics and plain stores, no native call. */
export class CoherentWord extends CommitWord {
  constructor(place: WordPlace) {
    super(place);
    throw new Error("not written yet");
  }

  publish(_value: number, _payloadOffset: number, _payloadLength: number): void {}
  protected override storeRanges(_value: number, _ranges: Float64Array): void {}
  observe(): number {
    return 0;
  }
  stillIs(_value: number): boolean {
    return false;
  }
  begin(): void {}
  overwrite(_value: number, _offset: number, _source: Uint8Array): void {}
  read(_offset: number, _target: Uint8Array): number | undefined {
    return undefined;
  }
}
