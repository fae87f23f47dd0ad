import { FamfsError } from "../errors.js";
import { integer, oneOf, options } from "../guards.js";
import { type PcqPermissions, PERMISSIONS } from "./files.js";
import { FEWEST_BUCKETS, type Geometry, LARGEST_BUCKET, producerFileSize, SMALLEST_BUCKET } from "./layout.js";
import { ROLES, type Role } from "./mapped.js";

/** Options of {@link PcqQueue.open} and {@link PcqQueue.over}. */
export interface PcqOpenOptions {
  /** Which end to have. Default: neither, which is enough for {@link PcqQueue.info}; both files are mapped read-only. */
  role?: Role | undefined;
}

/** Options of {@link PcqQueue.format}. */
export interface PcqGeometry {
  /** How many buckets, at least 2. One stays free: the queue holds one message less. */
  buckets: number;
  /** In bytes: a power of two from 32 to 2^30. A message has 16 bytes less. */
  bucketSize: number;
}

/** Options of {@link PcqQueue.create}. */
export interface PcqCreateOptions extends PcqGeometry, PcqOpenOptions {
  /** The permission bits of the two files. Default `"both"`. */
  permissions?: PcqPermissions | undefined;
  /** Ends the work early; a consumer's file that was made by then stays. */
  signal?: AbortSignal | undefined;
}

/** {@link PcqCreateOptions}, checked. @throws {FamfsError} as {@link PcqQueue.create} */
export function checkCreate(callerOptions: PcqCreateOptions) {
  const known = ["buckets", "bucketSize", "permissions", "role", "signal"] as const;
  const given = options("PcqQueue.create", callerOptions, known);
  return {
    geometry: checkGeometry(given),
    permissions: checkPermissions(given.permissions ?? "both"),
    role: checkRole(given.role),
    signal: given.signal,
  };
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkGeometry({ buckets, bucketSize }: Partial<PcqGeometry>): Geometry {
  const geometry = {
    buckets: integer("buckets", buckets, FEWEST_BUCKETS),
    bucketSize: integer("bucketSize", bucketSize, SMALLEST_BUCKET, LARGEST_BUCKET),
  };
  if (!Number.isInteger(Math.log2(geometry.bucketSize))) {
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `bucketSize must be a power of two, such as 64 or 1024, found ${bucketSize}; a message has 16 bytes less`,
    );
  }
  integer("the size of the producer's file (2 MiB + buckets * bucketSize)", producerFileSize(geometry), 1);
  return geometry;
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkPermissions(permissions: PcqPermissions): PcqPermissions {
  return oneOf("permissions", permissions, PERMISSIONS);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION */
export function checkOpen(call: string, callerOptions: PcqOpenOptions | undefined): Role | undefined {
  return checkRole(options(call, callerOptions, ["role"]).role);
}

function checkRole(role: Role | undefined): Role | undefined {
  return role === undefined ? undefined : oneOf("role", role, ROLES);
}
