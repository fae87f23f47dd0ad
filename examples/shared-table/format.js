const MIB = 2 ** 20;

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const thousandths = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
  signDisplay: "negative",
});

export const count = (value) => whole.format(value);
export const milliseconds = (value) => tenths.format(value);
export const mebibytes = (bytes) => tenths.format(bytes / MIB);
export const mebibytesPerSecond = (bytes, ms) => whole.format(bytes / MIB / (ms / 1000));
export const figure = (value) => thousandths.format(value);

/**
 * Lines of a table: the first column to the left, the others to the right. Rows above the first number are its head.
 * @param {string[][]} rows of cells
 */
export function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join("   ")
      .trimEnd(),
  );
}

/** Bold and dim text where the stream is a terminal, unless NO_COLOR (no-color.org) asks for none. */
export function styles(stream = process.stdout, environment = process.env) {
  const coloured = stream.isTTY && !environment.NO_COLOR;
  const style = (code) => (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: style(1), dim: style(2) };
}
