/**
 * Steps that no suite misses when they are left out, each with the reason that the memory model allows: the rule that
 * names the step, or why leaving it out only delays. The mutation run fails for a survivor that is not listed, and for a
 * listed one that does not survive.
 */
export const SURVIVORS: Readonly<Record<string, string>> = {};
