import type { Instance } from "../../instance/instance.js";
import { type Check, type Finding, note, ok } from "./finding.js";
import { inside } from "./inside.js";

/** What is declared of the memory, and what that means. Nothing in the system tells whether it is true. */
export const coherence: Check<[path: string]> = inside("coherence", async (instance: Instance) => [declared(instance)]);

function declared({ coherence, kind }: Instance): Finding {
  const id = "coherence.declared";
  const by = process.env["FAMFS_COHERENCE"] ? "by FAMFS_COHERENCE" : `as is usual for ${kind}`;
  const shared = kind !== "tmpfs" && kind !== "page-cache";
  if (coherence === "simulated")
    return note(id, `simulated hosts, ${by}: for tests only`, "declare coherent or incoherent in production");
  if (coherence === "incoherent")
    return ok(id, `incoherent, ${by}: right for memory of several hosts; where one host uses it, coherent is faster`);
  if (!shared) return ok(id, `coherent, ${by}: right for one host`);
  return note(
    id,
    `coherent, ${by}: right only if one host uses the memory, or if hardware keeps the hosts coherent`,
    "if other hosts use it too and nobody vouches for the hardware, declare incoherent; famfs-node probe looks for incoherence",
  );
}
