import { MUTEX } from "../../../segment/guarded.js";
import { SharedMutex } from "../../../structures/mutex/mutex.js";
import type { Kind } from "../kind.js";

/** A mutex: the newest hold, and whether it was given back. */
export const mutex: Kind = {
  ...MUTEX,
  open({ segment, found }) {
    const shared = new SharedMutex(segment, found);
    return () => ({ token: shared.token, held: shared.held });
  },
};
