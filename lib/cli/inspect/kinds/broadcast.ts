import { parseSchema } from "../../../schema/parse.js";
import { readOptions, SharedBroadcast } from "../../../structures/broadcast/broadcast.js";
import { BROADCAST, ROLE } from "../../../structures/broadcast/layout.js";
import { holderOf, type Kind } from "../kind.js";

/** A broadcast: its writer, and how much it has written. */
export const broadcast: Kind = {
  ...BROADCAST,
  open({ segment, found, schema }) {
    const shared = new SharedBroadcast(segment, found, { message: parseSchema(schema) });
    const { host, run } = readOptions(found);
    const { mapping } = segment.memory;
    const writer = mapping.commitWord(found.body.offset + ROLE, { bits: 64, site: "segment.role" });
    return () => ({
      run,
      boundTo: host,
      writer: holderOf(segment, host, writer.observe()),
      written: shared.written,
    });
  },
};
