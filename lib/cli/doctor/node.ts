import { constants } from "node:buffer";
import { amount } from "../output.js";
import { version } from "../version.js";
import { type Check, note, ok, problem } from "./finding.js";

/** The first version that package.json admits. */
const OLDEST = [20, 19] as const;

/** The running Node. */
export const node: Check = {
  name: "node",
  look() {
    const { node: found } = process.versions;
    const [major = 0, minor = 0] = found.split(".").map(Number);
    const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
    if (old)
      return [
        problem(
          "node.version",
          `Node ${found} is too old for famfs ${version()}`,
          `use Node ${OLDEST.join(".")} or newer`,
        ),
      ];
    const { MAX_LENGTH } = constants;
    const limited = MAX_LENGTH < 2 ** 40;
    return [
      ok("node.version", `famfs ${version()} on Node ${found}`),
      ...(limited
        ? [
            note(
              "node.buffers",
              `an ArrayBuffer holds at most ${amount(MAX_LENGTH)} here; mappings may be larger`,
              "make windows into larger mappings, or use Node 22 or newer",
            ),
          ]
        : []),
    ];
  },
};
