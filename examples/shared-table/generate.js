import { setImmediate } from "node:timers/promises";
import { COLUMNS } from "./table.js";

/** Rows between two looks at the event loop, which serves Ctrl-C and the progress line. */
const ROWS_AT_A_TIME = 65_536;

/**
 * Fills a table with numbers that depend on the seed only.
 * @param {Float32Array} table rows of one value a column
 * @param {number} seed 0 to 2^32 - 1
 * @param {(rowsDone: number) => void} onProgress
 */
export async function generate(table, seed, onProgress = () => {}) {
  const rows = table.length / COLUMNS.length;
  const random = randomNumbers(seed);
  for (let begin = 0; begin < rows; begin += ROWS_AT_A_TIME) {
    const end = Math.min(begin + ROWS_AT_A_TIME, rows);
    fillRows(table, begin, end, random);
    onProgress(end);
    await setImmediate();
  }
}

function fillRows(table, begin, end, random) {
  let at = begin * COLUMNS.length;
  for (let row = begin; row < end; row++) {
    for (const { mean, stddev } of COLUMNS) {
      // Three uniform numbers add up to something close to a bell curve, of mean 1.5 and standard deviation 0.5.
      table[at++] = mean + 2 * stddev * (random() + random() + random() - 1.5);
    }
  }
}

/** A generator of numbers from 0 up to, not including, 1: a counter whose bits are mixed. */
function randomNumbers(seed) {
  let counter = seed;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}
