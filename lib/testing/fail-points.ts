import { string, wrongType } from "../guards.js";
import { listenToFailPoints } from "../memory/fail-point.js";

const actions = new Map<string, () => void>();

/**
 * Does something at a fail point: a named place in a protocol, such as `"segment.entry.reserved"`, where a test wants
 * the process to die (`process.kill(process.pid, "SIGKILL")`), to stop, or to let somebody else act. The action is
 * called each time this thread comes by, and what it throws ends the operation.
 * @param name of the place; a name that no code comes by is never reached
 * @param action undefined: nothing any more
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE
 */
export function atFailPoint(name: string, action: (() => void) | undefined): void {
  string("name", name);
  if (action === undefined) actions.delete(name);
  else if (typeof action === "function") actions.set(name, action);
  else throw wrongType("action", "a function", action);
  listenToFailPoints(actions.size === 0 ? undefined : (reached) => actions.get(reached)?.());
}
