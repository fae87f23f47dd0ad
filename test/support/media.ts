import { mkdtempSync, rmSync } from "node:fs";
import { onTestFinished } from "vitest";
import { MEBI, type SuperblockFields } from "../doubles/media-bytes.js";
import { type LogWriter, makeMedia } from "../doubles/media-writer.js";

/** A tmpfs folder that holds the `.meta` of a famfs, as its mount root does; it goes when the test ends. */
export function mediaFolder(fields?: SuperblockFields): { readonly root: string; readonly writer: LogWriter } {
  const root = mkdtempSync("/dev/shm/famfs-media-");
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return { root, writer: makeMedia(root, fields) };
}

/** The map of a file of one extent, and where the first file of a famfs lies. */
export const ONE_EXTENT = { extents: [{ offset: 10 * MEBI, length: 2 * MEBI }] };
