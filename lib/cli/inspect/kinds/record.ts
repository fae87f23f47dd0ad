import { FamfsError } from "../../../errors.js";
import { parseSchema } from "../../../schema/parse.js";
import { openRecordBody } from "../../../structures/record/body.js";
import { RECORD, ROLE, Trailer, trailerAt, versionSize } from "../../../structures/record/layout.js";
import { checkSize, holderOf, type Kind, type Shown } from "../kind.js";
import { Plainer } from "../plain.js";

/** A record: who may write it, and its newest version. */
export const record: Kind = {
  ...RECORD,
  open({ segment, found, schema: text, limit }) {
    const schema = parseSchema(text);
    checkSize(versionSize(schema.size));
    const { memory, content, writers, host } = openRecordBody(segment, found, schema.size);
    const role = memory.commitWord(ROLE, { bits: 64, site: "segment.role" });
    const data = new DataView(content.bytes.buffer);
    const token = trailerAt(schema.size) + Trailer.token;

    function value(): Shown {
      const read = content.tryRead();
      if (read === undefined) throw busy(found.entry.name);
      // With many writers what is read has a number of its own; its token tells which of their versions it is.
      const version = writers === "any" ? content.version : read;
      if (read === 0) return { version };
      return {
        version,
        ...(writers === "any" && { token: Number(data.getBigUint64(token, true)) }),
        value: new Plainer(limit).value(schema, data, 0),
      };
    }

    return () => {
      if (writers === "any") return { writers, ...value() };
      return { writers, boundTo: host, writer: holderOf(segment, host, role.observe()), ...value() };
    };
  },
};

function busy(name: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `the writers of the record ${JSON.stringify(name)} were faster at each attempt to read it; look again`,
  );
}
