/** The device number of stat(2) that {@link deviceNumber} gives this text for. */
export function parseDeviceNumber(text: string): number {
  const [major = 0n, minor = 0n] = text.split(":").map(BigInt);
  const low = ((major & 0xfffn) << 8n) | (minor & 0xffn);
  return Number(((major & ~0xfffn) << 32n) | ((minor & ~0xffn) << 12n) | low);
}

/** A device number of stat(2), as the kernel writes it in /proc and /sys: `"252:0"`. */
export function deviceNumber(device: bigint | number): string {
  const number = BigInt(device);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffff_ff00n);
  return `${major}:${minor}`;
}
