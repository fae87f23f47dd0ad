import { FamfsError } from "../../errors.js";
import { FamfsLog } from "../../instance/famfs/log.js";
import { readSuperblock, type Superblock } from "../../instance/famfs/superblock.js";
import type { Instance } from "../../instance/instance.js";
import { grouped } from "../output.js";
import { type Check, type Finding, failed, note, ok, problem, said, warning } from "./finding.js";
import { inside, isFamfs } from "./inside.js";

/** From here on a log counts as nearly full. */
const NEARLY_FULL = 0.9;

/** Superblock and log of a famfs. */
export const log: Check<[path: string]> = inside("log", async (instance: Instance) => {
  if (!isFamfs(instance)) return [];
  const superblock = await readSuperblock(instance.path);
  return [whole(superblock), ...(await entries(new FamfsLog(instance.path, superblock)))];
});

function whole({ uuid, version, omf: { major, minor } }: Superblock): Finding {
  return ok(
    "log.superblock",
    `the superblock is whole: famfs ${uuid}, version ${version}, on-media format ${major}.${minor}`,
  );
}

async function entries(log: FamfsLog): Promise<Finding[]> {
  try {
    await log.refresh();
  } catch (error) {
    if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_PERMISSION") return [failed("log.entries", error)];
    const remedy = "chmod o+r on .meta/.log of the mount; it is for this host only";
    return [
      warning(
        "log.entries",
        `this user may not read the log, which tells what files there are: ${said(error)}`,
        remedy,
      ),
    ];
  }
  return [use(log), ...unknown(log)];
}

function use({ used, capacity }: FamfsLog): Finding {
  const text = `the log has ${grouped(used)} of ${grouped(capacity)} entries; each file and folder ever made takes one`;
  const remedy =
    "make fewer and larger files; a log cannot grow: copy the files away, make the famfs anew (mkfs.famfs --loglen) and copy them back";
  if (used >= capacity) return problem("log.use", `${text}: nothing more can be made`, remedy);
  return used > capacity * NEARLY_FULL ? warning("log.use", text, remedy) : ok("log.use", text);
}

function unknown({ unknownEntries, firstUnknown }: FamfsLog): Finding[] {
  if (unknownEntries === 0) return [];
  return [
    note(
      "log.unknown",
      `${unknownEntries} entries of the log say what this release does not know; the first: ${firstUnknown}`,
      "use a newer release; what is known works",
    ),
  ];
}
