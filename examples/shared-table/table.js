/** The features of a row, with the mean and the standard deviation that the generator aims at. */
export const COLUMNS = [
  { name: "temperature", mean: 15, stddev: 8 },
  { name: "humidity", mean: 60, stddev: 12 },
  { name: "pressure", mean: 1013, stddev: 9 },
  { name: "wind", mean: 5, stddev: 1.5 },
  { name: "cloud cover", mean: 0.5, stddev: 0.15 },
  { name: "visibility", mean: 20_000, stddev: 4_000 },
  { name: "voltage", mean: 3.3, stddev: 0.05 },
  { name: "drift", mean: 0, stddev: 0.1 },
];

/** Bytes of a row: one float32 a column, rows one behind the other. */
export const ROW_BYTES = COLUMNS.length * Float32Array.BYTES_PER_ELEMENT;
