/** A CXL Early Discovery Table with these structures. */
export function cedt(...structures: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(36);
  header.write("CEDT");
  const table = Buffer.concat([header, ...structures]);
  table.writeUInt32LE(table.length, 4);
  return table;
}

/** A CXL System Description Structure. */
export function csds(capabilities: number): Buffer {
  return Buffer.from([4, 0, 8, 0, capabilities, 0, 0, 0]);
}

/** A CXL Fixed Memory Window Structure. */
export function fixedWindow(restrictions: number): Buffer {
  const structure = Buffer.alloc(40);
  structure[0] = 1;
  structure.writeUInt16LE(40, 2);
  structure.writeUInt16LE(restrictions, 32);
  return structure;
}
