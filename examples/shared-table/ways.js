import { readFile } from "node:fs/promises";
import { openHandle } from "famfs";

/**
 * The three ways for a table to reach a reader. `send` is what the main process puts into its message to a reader,
 * `receive` makes the table of it there.
 */
export const WAYS = {
  mapping: {
    label: "famfs mapping",
    send: ({ mapping }) => mapping.handle(),
    receive: async (handle) => (await openHandle(handle, { access: "read-only" })).view(Float32Array),
  },
  file: {
    label: "fs.readFile",
    send: ({ path }) => path,
    receive: async (path) => {
      const { buffer, byteOffset, byteLength } = await readFile(path);
      return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
    },
  },
  ipc: {
    label: "Node IPC",
    send: ({ table }) => table,
    receive: async (table) => table,
  },
};
