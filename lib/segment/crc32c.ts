import { native } from "../native/binding.js";

/** The CRC-32C (Castagnoli) of bytes from `start` up to `end`, as iSCSI, ext4 and the CPUs' instructions compute it. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.byteLength): number {
  return native().crc32c(bytes, start, end) >>> 0;
}
