import type { Litmus, Operation, Party } from "./litmus.js";
import { messagePassingTwoLines } from "./message-passing-two-lines.js";

const WORD = 0;
const PAYLOAD = 128;

/** A reader with time for a prefetch between any two of its operations. */
function reader(party: Party, registers: Int32Array, payloadFirst: boolean): Operation[] {
  const word = party.mapping.commitWord(WORD, { bits: 32, site: "message" });
  const payload = new Int32Array(party.mapping.buffer, PAYLOAD, 1);
  const observe = () => {
    registers[0] = word.observe();
  };
  const fetch = () => party.mapping.fetch(PAYLOAD, 4);
  const load = () => {
    registers[1] = Atomics.load(payload, 0);
  };
  const [first, second] = payloadFirst ? [fetch, observe] : [observe, fetch];
  return [() => party.pass(), first, () => party.pass(), second, () => party.pass(), load];
}

const { program: writer, needs } = messagePassingTwoLines;

/** F3 against R3: the payload is fetched again, stale, between the invalidate of the commit word and its own. */
export const stalePrefetch: Litmus = {
  ...messagePassingTwoLines,
  name: "stale prefetch, invalidates in R3's order",
  program: (party, index, registers) =>
    index === 0 ? writer(party, index, registers) : reader(party, registers, false),
  needs: Object.fromEntries(Object.entries(needs).filter(([step]) => step.startsWith("fetch."))),
};

/** What R3 calls a bug: who invalidates the payload before the commit word was loaded, reads the stale one. */
export const stalePrefetchWrongOrder: Litmus = {
  ...stalePrefetch,
  name: "stale prefetch, payload invalidated first",
  program: (party, index, registers) =>
    index === 0 ? writer(party, index, registers) : reader(party, registers, true),
};
