import { integer } from "../../guards.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Fields, InputOf, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";
import type { Participant } from "../../segment/participant.js";
import { corrupt } from "../checks.js";
import type { Ring } from "./ring.js";

/** What the holder of the writer's role does. Messages are filled in their slots, and exist once the tail counts them. */
export class BroadcastWriter<F extends Fields> {
  /** In the slot of the next message, wherever that is. */
  readonly draft: View<F>;
  readonly #ring: Ring;
  readonly #participant: Participant;
  /** The number of the next message, and its slot. */
  #number = 0;
  #slot = 0;

  /** @param what such as `the broadcast "prices"` */
  constructor(ring: Ring, schema: Schema<F>, participant: Participant, what: string) {
    this.#ring = ring;
    this.#participant = participant;
    // What a predecessor of this host stored last is on its way to memory at the latest now: before its slots are used.
    this.#number = ring.tail.observe();
    if (this.#number > Number.MAX_SAFE_INTEGER - ring.slotCount) throw corrupt(what, `${this.#number} as its tail`);
    this.#slot = ring.slotOf(this.#number);
    this.draft = schema.view(ring.slots, this.#slot * ring.slotSize);
  }

  write(message: InputOf<Schema<F>> | undefined): void {
    this.#participant.check();
    if (message !== undefined) this.draft.assign(message);
    this.#commit(1);
  }

  claimRun(count: number): number {
    this.#participant.check();
    return Math.min(integer("count", count, 1), this.#longest);
  }

  draftAt(index: number): View<F> {
    if (index >>> 0 !== index || index >= this.#longest) integer("index", index, 0, this.#longest - 1);
    return this.draft.viewAt((this.#slot + index) * this.#ring.slotSize);
  }

  commitRun(count: number): void {
    this.#participant.check();
    if (count !== 0) this.#commit(integer("count", count, 0, this.#longest));
  }

  /** A run ends at the last slot. */
  get #longest(): number {
    return this.#ring.contiguous(this.#slot, this.#ring.shape.run);
  }

  #commit(count: number): void {
    failPoint("broadcast.commit");
    this.#ring.commit(this.#slot, this.#number, count);
    this.#number += count;
    this.#slot += count;
    if (this.#slot === this.#ring.slotCount) this.#slot = 0;
    this.draft.moveTo(this.#slot * this.#ring.slotSize);
    failPoint("broadcast.committed");
  }
}
