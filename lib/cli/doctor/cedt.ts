/** What the CXL Early Discovery Table (CEDT) of the firmware says. */
export interface Cedt {
  /**
   * Whether the host's caches never write back a line that was not stored to ("No Clean Writebacks"); undefined where
   * the table does not say.
   */
  readonly noCleanWritebacks: boolean | undefined;
  /** Ranges of addresses for CXL memory. */
  readonly windows: readonly CxlWindow[];
}

/** A CXL Fixed Memory Window. */
export interface CxlWindow {
  /** Whether memory that hardware keeps coherent between hosts (HDM-DB, with back-invalidate) may be put there. */
  readonly admitsCoherent: boolean;
}

// CXL 3.2, 9.18.1: the ACPI header, then structures of { u8 type, u8, u16 length }.
const ACPI_HEADER = 36;
const FIXED_WINDOW = { type: 1, restrictions: 32, length: 36, deviceCoherent: 1 << 0 } as const;
const SYSTEM_DESCRIPTION = { type: 4, capabilities: 4, length: 8, noCleanWritebacks: 1 << 1 } as const;

/** Parses the table; undefined where it is none. */
export function parseCedt(table: Buffer): Cedt | undefined {
  if (table.length < ACPI_HEADER || table.toString("latin1", 0, 4) !== "CEDT") return undefined;
  const end = Math.min(table.length, table.readUInt32LE(4));
  const windows: CxlWindow[] = [];
  let noCleanWritebacks: boolean | undefined;
  for (let at = ACPI_HEADER; at + 4 <= end; ) {
    const length = table.readUInt16LE(at + 2);
    if (length < 4 || at + length > end) return undefined;
    const part = table.subarray(at, at + length);
    if (part[0] === FIXED_WINDOW.type && length >= FIXED_WINDOW.length) windows.push(window(part));
    if (part[0] === SYSTEM_DESCRIPTION.type && length >= SYSTEM_DESCRIPTION.length) {
      const capabilities = part.readUInt16LE(SYSTEM_DESCRIPTION.capabilities);
      noCleanWritebacks = (capabilities & SYSTEM_DESCRIPTION.noCleanWritebacks) !== 0;
    }
    at += length;
  }
  return { noCleanWritebacks, windows };
}

function window(part: Buffer): CxlWindow {
  return {
    admitsCoherent: (part.readUInt16LE(FIXED_WINDOW.restrictions) & FIXED_WINDOW.deviceCoherent) !== 0,
  };
}
