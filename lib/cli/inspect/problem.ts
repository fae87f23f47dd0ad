import { FamfsError, type FamfsErrorCode } from "../../errors.js";
import type { Segment } from "../../segment/segment.js";
import { printable } from "../output.js";

/** Why something of a segment cannot be shown. */
export interface Problem {
  readonly code: FamfsErrorCode;
  readonly message: string;
}

/** Does something with a part of a segment; that it is damaged must not hide the other parts. */
export function attempt<T>({ memory }: Segment, action: () => T): T | { readonly problem: Problem } {
  try {
    return action();
  } catch (error) {
    // Without the memory there is nothing else to show.
    const { failure, closed } = memory.mapping;
    if (!(error instanceof FamfsError) || failure !== undefined || closed) throw error;
    return { problem: { code: error.code, message: error.message } };
  }
}

/** A problem in a line. */
export function problemWords({ message, code }: Problem): string {
  return `${printable(message)} (${code})`;
}
