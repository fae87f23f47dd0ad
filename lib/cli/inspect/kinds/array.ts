import { FamfsError } from "../../../errors.js";
import { ARRAY } from "../../../structures/array-entry.js";
import { checkSize, elementOf, type Kind } from "../kind.js";
import { Plainer } from "../plain.js";

/** An array: the first elements, as they lie in memory. Nothing orders its stores, so some may be seen half. */
export const array: Kind = {
  ...ARRAY,
  open({ segment, found: { entry, body }, schema, limit }) {
    const element = elementOf(schema);
    const { capacity, name } = entry;
    if (capacity * element.size > body.length) {
      throw new FamfsError(
        "ERR_FAMFS_CORRUPT",
        `the array ${JSON.stringify(name)} has ${capacity} elements and ${body.length} bytes: something else wrote there`,
      );
    }
    const size = Math.min(capacity, limit) * element.size;
    checkSize(size);
    const memory = segment.memory.mapping.window(body.offset, size);
    return () => {
      memory.invalidate(0, size, "inspect.array");
      const copy = memory.bytes().slice();
      const scalar = element.kind === "struct" ? {} : { element: element.kind };
      return { ...scalar, values: new Plainer(limit).elements(element, capacity, new DataView(copy.buffer), 0) };
    };
  },
};
