/** Random numbers that a failure can be repeated with: prints the seed, takes FAMFS_TEST_SEED. */
export function seededRandom(test: string): () => number {
  return randomFrom(seedOf(test));
}

/** Numbers from 0 up to 1 that the seed alone settles. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The number to begin random numbers with: printed, or what FAMFS_TEST_SEED says. */
export function seedOf(test: string): number {
  const seed = Number(process.env["FAMFS_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
  console.log(`${test}: FAMFS_TEST_SEED=${seed}`);
  return seed;
}
