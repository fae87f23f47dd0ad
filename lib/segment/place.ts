import { randomBytes } from "node:crypto";
import type { FamfsFile } from "../instance/file.js";
import type { Instance } from "../instance/instance.js";
import type { InstanceKind } from "../memory/kind.js";
import { PLACE_PATH_SIZE } from "./layout.js";

/** The file that a header was written for (R7): a header of another place is a left-over. */
export interface Place {
  /** `"none"`: files of this kind begin with zeros, so there are no left-overs. */
  readonly kind: "none" | "famfs" | "devdax";
  /** Of the file system, or of the segment on a device: 32 hexadecimal digits. */
  readonly uuid: string;
  /** Of the file's entry in the log of its famfs; 0 where that is not known. */
  readonly sequence: number;
  /** Of the file in its famfs, cut where it is longer than the header has room for. */
  readonly path: string;
}

/** What an opener expects: on a device any uuid, unless it was told which. */
export type ExpectedPlace = Omit<Place, "uuid"> & { readonly uuid: string | undefined };

/** All kinds, by their number in the header. */
export const PLACE_KINDS = ["none", "famfs", "devdax"] as const;

const NO_UUID = "0".repeat(32);

/** Of files that begin with zeros. */
const NOWHERE: Place = { kind: "none", uuid: NO_UUID, sequence: 0, path: "" };

/** Where a segment is being formatted in place. A device holds one, which gets a uuid. */
export function newPlace(kind: InstanceKind): Place {
  return kind === "devdax" ? { ...NOWHERE, kind, uuid: randomBytes(16).toString("hex") } : NOWHERE;
}

/** The place of a file: on famfs, where nothing is ever deleted, the file system's uuid and the path are one file. */
export async function placeOf(instance: Instance, name: string, file: FamfsFile): Promise<Place> {
  if (instance.kind !== "famfs" && instance.kind !== "famfs-fuse") return NOWHERE;
  const { uuid } = await instance.info();
  const path = Buffer.from(name).subarray(0, PLACE_PATH_SIZE).toString();
  return { kind: "famfs", uuid: uuid?.replaceAll("-", "") ?? NO_UUID, sequence: file.sequence ?? 0, path };
}

/** @param uuid of the segment on a device, where the caller knows it */
export async function expectedPlace(
  instance: Instance,
  name: string,
  file: FamfsFile,
  uuid: string | undefined,
): Promise<ExpectedPlace> {
  return instance.kind === "devdax" ? { ...NOWHERE, kind: "devdax", uuid } : placeOf(instance, name, file);
}

/** What one of both does not know is not compared. */
export function fits(place: Place, { kind, uuid, sequence, path }: ExpectedPlace): boolean {
  const sameUuid = uuid === undefined || place.uuid === uuid;
  const sameSequence = place.sequence === 0 || sequence === 0 || place.sequence === sequence;
  return place.kind === kind && sameUuid && sameSequence && place.path === path;
}

export function describePlace({ kind, uuid, sequence, path }: Place): string {
  if (kind === "none") return "a file that began with zeros";
  return kind === "devdax" ? `a device, uuid ${uuid}` : `${path} of the famfs ${uuid}, log entry ${sequence}`;
}
