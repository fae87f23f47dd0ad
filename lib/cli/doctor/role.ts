import type { Instance } from "../../instance/instance.js";
import { type Check, ok } from "./finding.js";
import { inside } from "./inside.js";

/** What this host is to the famfs. */
export const role: Check<[path: string]> = inside("role", async (instance: Instance) => {
  const { role, masterUuid } = await instance.info();
  if (role === "master") return [ok("role.host", "this host is the master: files are made here")];
  if (role === "client")
    return [
      ok(
        "role.host",
        `this host is a client: files are made on the master, whose system UUID is ${masterUuid}, and seen here after famfs logplay (instance.replay())`,
      ),
    ];
  return [];
});
