/** The polynomial of CRC-32C (Castagnoli), its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

let table: Uint32Array | undefined;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
    return rest >>> 0;
  });
}

/** The CRC-32C of bytes from `start` up to `end`, as iSCSI, ext4 and the CPUs' instructions compute it. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.byteLength): number {
  table ??= makeTable();
  let crc = 0xffff_ffff;
  for (let i = start; i < end; i++) crc = (table[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
