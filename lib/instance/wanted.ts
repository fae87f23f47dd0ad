import type { CoherenceOptions } from "../memory/coherence.js";

/** What the caller of an opening function asked for. */
export interface Wanted extends CoherenceOptions {
  readonly allowPageCache?: boolean | undefined;
  /** What starts famfs's own command. */
  readonly cli?: readonly string[] | undefined;
  /** Whether a dax device is taken even where it seems to be a famfs. */
  readonly force?: boolean | undefined;
}
