import { COLUMNS } from "./table.js";

const WIDTH = COLUMNS.length;
/** Rows of a block: 32 KiB, which stays in the nearest cache while each column of it is read. */
const BLOCK_ROWS = 1024;
/** What the result has of each column, in this order. */
export const FIGURES = ["mean", "min", "max", "stddev"];

/**
 * The mean, minimum, maximum and standard deviation of each column. The same code in the same order gives the same
 * bits, so results of several processes can be compared exactly.
 * @param {Float32Array} table at least one row
 * @returns {Float64Array} four figures a column
 */
export function statistics(table) {
  const sums = Array.from({ length: WIDTH }, (_, column) => startColumn(table[column]));
  const block = BLOCK_ROWS * WIDTH;
  for (let begin = 0; begin < table.length; begin += block) {
    const end = Math.min(begin + block, table.length);
    for (let column = 0; column < WIDTH; column++) addBlock(sums[column], table, begin + column, end);
  }
  const result = new Float64Array(WIDTH * FIGURES.length);
  sums.forEach((sum, column) => {
    result.set(finish(sum, table.length / WIDTH), column * FIGURES.length);
  });
  return result;
}

/** Sums are of distances to the first value: squares of large numbers that differ little would lose their digits. */
function startColumn(first) {
  return { first, sum: 0, squares: 0, min: first, max: first };
}

function addBlock(column, table, begin, end) {
  let { first, sum, squares, min, max } = column;
  for (let at = begin; at < end; at += WIDTH) {
    const value = table[at];
    const distance = value - first;
    sum += distance;
    squares += distance * distance;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  column.sum = sum;
  column.squares = squares;
  column.min = min;
  column.max = max;
}

function finish({ first, sum, squares, min, max }, rows) {
  const shift = sum / rows;
  return [first + shift, min, max, Math.sqrt(Math.max(0, squares / rows - shift * shift))];
}

/** Whether all results are the same, bit by bit. */
export function agree(results) {
  const bytes = results.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return bytes.every((other) => other.equals(bytes[0]));
}
