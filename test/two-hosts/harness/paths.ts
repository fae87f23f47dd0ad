import { join } from "node:path";
import { ROOT } from "../../support/child.js";

/** All that the harness writes, none of it in git: the kernel, the runs' files, the console logs of what failed. */
export const CACHE = join(ROOT, "build-hosts");

/** The consoles of guests in tests that failed, until the next run. */
export const LOGS = join(CACHE, "logs");

/** One folder a run, named by its process. */
export const RUNS = join(CACHE, "runs");

/** What runs inside the guests. */
export const GUEST = join(ROOT, "test/two-hosts/guest");
