import { FamfsError } from "../errors.js";
import { show, string } from "../guards.js";
import { native } from "../native/binding.js";

/**
 * Leaves a write-back, invalidate or fence out on all simulated memory of this process, to see that a test notices.
 * @param step its name: the site that its caller gave, a slash, and what it is, such as `"queue.tail/publish.word"`;
 * with `*` for the site, of all sites. Undefined: none any more
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE for a name that no step has
 */
export function leaveOut(step: string | undefined): void {
  if (native().leaveOut(step === undefined ? "" : string("step", step))) return;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `step must be a site, a slash and a step, such as "queue.tail/publish.word", found ${show(step)}; stepsSeen() lists those that ran`,
  );
}

/** The names of the steps that ran on simulated memory of this process since the last call, for {@link leaveOut}. */
export function stepsSeen(): string[] {
  return native().stepsSeen();
}
