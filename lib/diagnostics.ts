import { channel } from "node:diagnostics_channel";

/**
 * The diagnostics channel `famfs:fault`: a {@link MemoryFailure} for each mapping of this thread that fails. For a
 * service that watches all of its mappings in one place; {@link Mapping.on} tells of one.
 */
export const faultChannel = channel("famfs:fault");
