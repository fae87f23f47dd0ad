import { capabilities } from "../../memory/capabilities.js";
import { type Check, failed, note, ok, warning } from "./finding.js";

/** The addon, and what it finds out about the CPU. */
export const cpu: Check = {
  name: "cpu",
  look() {
    try {
      const { arch, lineSize, writeBack, invalidate, forced, incoherent } = capabilities();
      const lines = `${arch}, cache lines of ${lineSize} bytes`;
      const loaded = ok("addon.loaded", "the addon is loaded");
      if (incoherent !== true) {
        const { message, code } = incoherent;
        const remedy = 'use coherence "coherent", which is right for one host; for several use another CPU';
        return [loaded, warning("cpu.write-back", `${lines}; ${message} (${code})`, remedy)];
      }
      const used = ok("cpu.write-back", `${lines}, written back by ${writeBack}, invalidated by ${invalidate}`);
      if (forced === undefined) return [loaded, used];
      return [loaded, used, note("cpu.forced", `FAMFS_WRITEBACK forces ${forced}`, "unset it unless you diagnose")];
    } catch (error) {
      return [failed("addon.loaded", error)];
    }
  },
};
