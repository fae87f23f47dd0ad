/**
 * MurmurHash3_x86_32 of bytes that come as little-endian words, the last one filled up with zeros.
 * @param length in bytes
 */
export function hash(words: Int32Array, length: number, seed: number): number {
  const whole = length >> 2;
  let sum = seed;
  for (let i = 0; i < whole; i++) {
    sum ^= scramble(words[i] as number);
    sum = (Math.imul((sum << 13) | (sum >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (length % 4 !== 0) sum ^= scramble(words[whole] as number);
  sum ^= length;
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
