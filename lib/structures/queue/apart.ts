import { integer } from "../../guards.js";
import type { OpenQueue } from "./open-queue.js";

/*
 * What a producer does before and after messages are filled in place. That is done by a setter for each field; V8 inlines
 * setters last, because it does not count how often they are called, and has one budget for all that it inlines into a
 * function. What is here uses nothing of the budget: it is one call of functions out of an array, and a call with several
 * targets is not inlined.
 */

type Call = (queue: OpenQueue, count: number | undefined) => unknown;

const CALLS: readonly Call[] = [
  (queue, length) => queue.producer().claim(length),
  (queue, wanted) => queue.producer().claimRun(integer("wanted", wanted, 1)),
  (queue, count) => queue.producer().commit(count),
];

/** Places in the array. */
export const CLAIM = 0;
export const CLAIM_RUN = 1;
export const COMMIT = 2;

export function apart(queue: OpenQueue, call: number, count: number | undefined): unknown {
  return (CALLS[call] as Call)(queue, count);
}
