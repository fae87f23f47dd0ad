import type { Mapping } from "../../memory/mapping.js";
import type { OpenStructure, StructureSource } from "../../segment/structure.js";
import { corrupt, participantOf } from "../checks.js";
import { Lane } from "./lane.js";
import { bodySize, laneAt, RecordOptions, WRITERS } from "./layout.js";
import { ManyWriters } from "./many-writers.js";
import { OneWriter } from "./one-writer.js";
import { Version } from "./version.js";

/** A record's own bytes, checked and ready to be read. */
export interface RecordBody {
  /** A window over them. */
  readonly memory: Mapping;
  readonly content: OneWriter | ManyWriters;
  readonly writers: "one" | "any";
  /** The host that the writer is bound to. */
  readonly host: number;
}

/**
 * @param recordSize in bytes
 * @throws {FamfsError} ERR_FAMFS_CORRUPT
 */
export function openRecordBody(
  source: StructureSource,
  { entry, body }: OpenStructure,
  recordSize: number,
): RecordBody {
  const { mapping, layout } = source.memory;
  const { host, writers } = readOptions(entry);
  const count = writers === "one" ? 1 : layout.participants;
  if (bodySize(recordSize, count) > body.length) throw corrupt(nameOf(entry.name), `a body of ${body.length} bytes`);
  const memory = mapping.window(body.offset, body.length);
  const lanes = Array.from({ length: count }, (_, i) => new Lane(memory, laneAt(recordSize, i), recordSize));
  const newVersion = () => new Version(recordSize, mapping.coherence !== "coherent");
  const participant = participantOf(source);
  const content =
    writers === "one"
      ? new OneWriter(lanes[0] as Lane, newVersion)
      : new ManyWriters(lanes, newVersion, { participant, at: body.offset });
  return { memory, content, writers, host };
}

function readOptions({ name, options: bytes }: OpenStructure["entry"]): { host: number; writers: "one" | "any" } {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = data.readUInt32LE(RecordOptions.writers);
  const writers = WRITERS[found];
  if (writers === undefined) throw corrupt(nameOf(name), `${found} as its kind of writers`);
  return { host: data.readUInt32LE(RecordOptions.host), writers };
}

/** For messages. */
export function nameOf(name: string): string {
  return `the record ${JSON.stringify(name)}`;
}
