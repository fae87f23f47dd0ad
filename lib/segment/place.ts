import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";

/** The file that a header was written for (R7): a header of another place is a left-over. */
export interface Place {
  /** `"none"`: files of this kind begin with zeros, so there are no left-overs. */
  readonly kind: "none" | "famfs" | "devdax";
  /** Of the file system, or of the segment on a device: 32 hexadecimal digits. */
  readonly uuid: string;
  /** Of the file's entry in the log of its famfs. */
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

/** Where a segment is being formatted. A device holds one, which gets a uuid. */
export function newPlace(path: string): Place {
  return isDevice(path) ? { ...NOWHERE, kind: "devdax", uuid: randomBytes(16).toString("hex") } : NOWHERE;
}

/** Where a segment is being opened. @param uuid of the one on a device, where the caller knows it */
export function expectedPlace(path: string, uuid: string | undefined): ExpectedPlace {
  return isDevice(path) ? { ...NOWHERE, kind: "devdax", uuid } : NOWHERE;
}

function isDevice(path: string): boolean {
  return statSync(path).isCharacterDevice();
}

export function fits(place: Place, { kind, uuid, sequence, path }: ExpectedPlace): boolean {
  const sameUuid = uuid === undefined || place.uuid === uuid;
  return place.kind === kind && sameUuid && place.sequence === sequence && place.path === path;
}

export function describePlace({ kind, uuid, sequence, path }: Place): string {
  if (kind === "none") return "a file that began with zeros";
  return kind === "devdax" ? `a device, uuid ${uuid}` : `${path} of the famfs ${uuid}, log entry ${sequence}`;
}
