import { SharedAtomics } from "../../../structures/atomics/atomics.js";
import { checkElement } from "../../../structures/atomics/cells.js";
import { ATOMICS } from "../../../structures/atomics/layout.js";
import { elementOf, type Kind } from "../kind.js";
import { cut, plainNumber } from "../plain.js";

/** Atomics: the first elements. */
export const atomics: Kind = {
  ...ATOMICS,
  open({ segment, found, schema, limit }) {
    const element = checkElement(elementOf(schema) as Parameters<typeof checkElement>[0]);
    const shared = new SharedAtomics(segment, found, { element });
    const count = Math.min(shared.length, limit);
    return () => {
      const values = Array.from({ length: count }, (_, i) => plainNumber(shared.load(i)));
      return { element: element.kind, lockFree: shared.isLockFree, values: cut(values, shared.length) };
    };
  },
};
