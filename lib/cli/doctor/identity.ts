import { readFileSync, statSync } from "node:fs";
import { type Check, type Finding, note, ok, warning } from "./finding.js";

const UUID_FILE = "/opt/famfs/system_uuid";
const MACHINE_ID = "/etc/machine-id";

/** What makes this host the master of a famfs or a client: its system UUID. */
export const identity: Check = {
  name: "identity",
  look() {
    let uuid: string;
    try {
      uuid = readFileSync(UUID_FILE, "utf8").trim();
    } catch (error) {
      return [unreadable((error as NodeJS.ErrnoException).code)];
    }
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(uuid))
      return [
        warning(
          "identity.uuid",
          `${UUID_FILE} holds no UUID, so this host is a client of every famfs`,
          "remove it; famfs makes another one",
        ),
      ];
    return [ok("identity.uuid", `this host's system UUID for famfs is ${uuid}`), ...clone()];
  },
};

function unreadable(code: string | undefined): Finding {
  if (code === "ENOENT")
    return note(
      "identity.uuid",
      `this host has no system UUID for famfs yet (${UUID_FILE}); famfs makes it at its first use by root`,
    );
  return warning(
    "identity.uuid",
    `${UUID_FILE} cannot be read (${code}), so this host looks like a client of every famfs`,
    `chmod 755 /opt/famfs; chmod 444 ${UUID_FILE}`,
  );
}

/** An image that was taken after famfs was used gives its UUID to all of its clones, which get machine ids of their own. */
function clone(): Finding[] {
  try {
    if (statSync(MACHINE_ID).mtimeMs <= statSync(UUID_FILE).mtimeMs) return [];
  } catch {
    return [];
  }
  return [
    note(
      "identity.clone",
      `this host got its ${MACHINE_ID} after its system UUID for famfs: it may be a clone, and share the UUID with others`,
      `compare ${UUID_FILE} on all hosts: two masters destroy a famfs. Where two are equal, unmount famfs on one, remove the file there and mount again`,
    ),
  ];
}
