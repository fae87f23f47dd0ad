import { native } from "../native/binding.js";

/** The CRC-32C (Castagnoli) of bytes from `start` up to `end`, as iSCSI, ext4 and the CPUs' instructions compute it. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.byteLength): number {
  return signedCrc32c(bytes, start, end) >>> 0;
}

/** The same 32 bits as a signed number, for which the engine never makes an object: for hot paths. */
export function signedCrc32c(bytes: Uint8Array, start: number, end: number): number {
  return native().crc32c(bytes, start, end);
}
