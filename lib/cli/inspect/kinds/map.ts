import { parseSchema } from "../../../schema/parse.js";
import { i64Number } from "../../../schema/scalars.js";
import { utf8 } from "../../../schema/types.js";
import { MAP, MapBody, MapOptions } from "../../../structures/map/layout.js";
import { SharedMap } from "../../../structures/map/map.js";
import { holderOf, type Kind } from "../kind.js";

/** A map: its writer, and how many keys it has. */
export const map: Kind = {
  ...MAP,
  open({ segment, found, schema }) {
    const { buffer, byteOffset, byteLength } = found.entry.options;
    const options = new DataView(buffer, byteOffset, byteLength);
    const host = options.getUint32(MapOptions.host, true);
    const keySize = options.getUint32(MapOptions.keySize, true);
    const key = keySize === 0 ? i64Number : utf8(keySize);
    const shared = new SharedMap(segment, found, { key, value: parseSchema(schema) });
    const { mapping } = segment.memory;
    const writer = mapping.commitWord(found.body.offset + MapBody.role, { bits: 64, site: "segment.role" });
    return () => ({
      keys: keySize === 0 ? "integers" : `strings of up to ${keySize} bytes`,
      boundTo: host,
      writer: holderOf(segment, host, writer.observe()),
      size: shared.size,
    });
  },
};
