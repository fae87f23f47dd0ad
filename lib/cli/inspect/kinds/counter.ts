import { SharedCounter } from "../../../structures/counter/counter.js";
import { COUNTER } from "../../../structures/counter/layout.js";
import type { Kind } from "../kind.js";

/** A counter: its value. */
export const counter: Kind = {
  ...COUNTER,
  open({ segment, found }) {
    const shared = new SharedCounter(segment, found);
    return () => ({ value: shared.value });
  },
};
