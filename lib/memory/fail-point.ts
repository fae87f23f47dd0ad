let reached: ((name: string) => void) | undefined;

/**
 * A named place in a protocol where a test stops or kills the process. Costs a comparison where nobody listens.
 * docs/participants.md lists the names.
 */
export function failPoint(name: string): void {
  if (reached !== undefined) reached(name);
}

/** Calls `listener` at each fail point of this process from now on; undefined: nobody any more. */
export function listenToFailPoints(listener: ((name: string) => void) | undefined): void {
  reached = listener;
}
