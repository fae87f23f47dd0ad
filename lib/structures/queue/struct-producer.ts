import type { Fields, InputOf, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";
import type { QueueMemory } from "./lane.js";
import { Producer } from "./producer.js";

/** Stores structs of one size, each in a slot. */
export class StructProducer extends Producer<View<Fields>, InputOf<Schema>> {
  readonly #view: View<Fields>;

  constructor(memory: QueueMemory, lane: number, schema: Schema) {
    super(memory, lane);
    this.#view = schema.view(this.lane.ring);
    this.run.source = this.#view;
  }

  /** @throws {FamfsError} what `assign` throws; then nothing is pushed */
  tryPush(record: InputOf<Schema>): boolean {
    if (this.claimed !== 0) this.checkUnclaimed();
    if (this.room(1) === 0) return false;
    this.#view.moveTo(this.at).assign(record);
    this.publish(1);
    return true;
  }

  claim(): View<Fields> | undefined {
    if (this.claimed !== 0) this.checkUnclaimed();
    if (this.room(1) === 0) return undefined;
    this.claimed = 1;
    return this.#view.moveTo(this.at);
  }

  claimRun(wanted: number): number {
    if (this.claimed !== 0) this.checkUnclaimed();
    const room = this.room(wanted);
    const count = Math.min(wanted, room, this.rest);
    this.claimed = count;
    this.run.start = this.at;
    this.run.length = count;
    return count;
  }
}
