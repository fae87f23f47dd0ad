import { constants, type Dirent } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FamfsError } from "../../errors.js";
import { show } from "../../guards.js";
import { fileError } from "../../memory/system-errors.js";
import { checkExtents, type Extent, type Extents } from "./extents.js";
import type { LoggedFile } from "./log-entry.js";
import { badField, checkRelativePath } from "./media-bytes.js";
import { PATIENCE, untilWhole } from "./patience.js";

/** The files of a famfs, below its shadow folder. */
const ROOT = "root";

/** Superblock, log and settings: no files of the famfs. */
const META = ".meta";

/** As large as famfs's own user space reads. */
const LARGEST = 16_384;

const PERMISSIONS = 0o777;

/**
 * Reads what the shadow tree of a famfs served by FUSE says of a file: the second source, where the log cannot be read.
 * The file's `sequence` is -1. One that is being written is looked at again for a while.
 * @param shadow the folder that `user.famfs.shadow` or the mount option `shadow=` names
 * @param name relative to the mount root, a checked one
 * @param patience for how long, in milliseconds
 * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_CORRUPT, ERR_FAMFS_IS_DIRECTORY,
 * ERR_FAMFS_SYSTEM
 */
export function readShadowFile(shadow: string, name: string, patience = PATIENCE): Promise<LoggedFile> {
  const path = join(shadow, ROOT, name);
  return untilWhole(async () => {
    const text = await readText(path);
    try {
      return await parseShadow(text, name);
    } catch (error) {
      if (!(error instanceof FamfsError)) throw error;
      const advice = "run famfs logplay, or unmount and mount, which makes the shadow anew";
      throw new FamfsError(error.code, `${path}: ${error.message}; ${advice}`, { path, cause: error.cause });
    }
  }, patience);
}

/**
 * Lists the files of a shadow tree, in no order.
 * @throws {FamfsError} as {@link readShadowFile}
 */
export async function* listShadow(shadow: string, folder = ""): AsyncGenerator<LoggedFile, void, undefined> {
  for (const entry of await readFolder(join(shadow, ROOT, folder), folder === "")) {
    if (folder === "" && entry.name === META) continue;
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* listShadow(shadow, name);
    if (!entry.isFile()) continue;
    const file = await readShadowFile(shadow, name).catch(unlessGone);
    if (file !== undefined) yield file;
  }
}

async function readFolder(path: string, isRoot: boolean): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const refusal = fileError(error, path);
    if (isRoot) throw refusal;
    return unlessGone(refusal) ?? [];
  }
}

/** What went while its folder was listed is no error. */
function unlessGone(error: unknown): undefined {
  if (error instanceof FamfsError && error.code === "ERR_FAMFS_NOT_FOUND") return undefined;
  throw error;
}

async function readText(path: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    // O_NONBLOCK: a pipe of this name must not keep a thread waiting for its other end.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return decode(await readBounded(handle), path);
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle?.close();
  }
}

async function readBounded(handle: FileHandle): Promise<Buffer> {
  const bytes = Buffer.alloc(LARGEST + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function decode(bytes: Buffer, path: string): string {
  const problem = bytes.length > LARGEST ? `is longer than ${LARGEST} bytes` : undefined;
  try {
    if (problem === undefined) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Told below.
  }
  throw new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `${path} ${problem ?? "is not UTF-8"}, expected the YAML of a famfs shadow`,
    {
      path,
    },
  );
}

/** A YAML mapping or sequence or text: no other values are made. */
type Yaml = string | Yaml[] | Map<Yaml, Yaml>;

/** @throws {FamfsError} ERR_FAMFS_CORRUPT */
async function parseShadow(text: string, name: string): Promise<LoggedFile> {
  const file = mapping(mapping(await parseYaml(text), "the document").get("file"), "file");
  const path = checkRelativePath(string(file, "path"));
  if (path !== name) throw badField("path", show(name), show(path));
  const size = integer(file, "size");
  return {
    name,
    size,
    mode: octal(file, "mode") & PERMISSIONS,
    uid: integer(file, "uid"),
    gid: integer(file, "gid"),
    extents: checkExtents(parseExtents(file), size),
    sequence: -1,
  };
}

async function parseYaml(text: string): Promise<Yaml> {
  // At first use, and only here: few programs ever read a shadow.
  const { parse } = await import("yaml");
  try {
    // Every scalar stays a text: the parser would take a mode of 0644 for a decimal number, and round large ones.
    return parse(text, { schema: "failsafe", mapAsMap: true, maxAliasCount: 0, logLevel: "error" }) as Yaml;
  } catch (cause) {
    throw new FamfsError("ERR_FAMFS_CORRUPT", `expected the YAML of a famfs shadow: ${String(cause)}`, { cause });
  }
}

function parseExtents(file: Map<Yaml, Yaml>): Extents {
  const count = integer(file, "nextents");
  const [simple, striped] = [file.get("simple_ext_list"), file.get("striped_ext_list")];
  if (simple !== undefined) return { kind: "simple", extents: parseList(simple, count, "simple_ext_list") };
  if (striped === undefined) return { kind: "unknown" };
  const [first] = sequence(striped, 1, "striped_ext_list");
  const interleaved = mapping(first, "striped_ext_list");
  const strips = parseList(interleaved.get("simple_ext_list"), integer(interleaved, "nstrips"), "simple_ext_list");
  return { kind: "interleaved", chunkSize: integer(interleaved, "chunk_size"), strips };
}

function parseList(value: Yaml | undefined, count: number, name: string): Extent[] {
  return sequence(value, count, name).map((item) => {
    const extent = mapping(item, `an extent of ${name}`);
    return {
      device: integer(extent, "devindex"),
      offset: integer(extent, "offset"),
      length: integer(extent, "length"),
    };
  });
}

function mapping(value: Yaml | undefined, name: string): Map<Yaml, Yaml> {
  if (value instanceof Map) return value;
  throw badField(name, "a mapping", show(value));
}

function sequence(value: Yaml | undefined, length: number, name: string): Yaml[] {
  if (Array.isArray(value) && value.length === length) return value;
  throw badField(name, `a list of ${length}`, show(value));
}

function string(from: Map<Yaml, Yaml>, name: string): string {
  const value = from.get(name);
  if (typeof value === "string") return value;
  throw badField(name, "a text", show(value));
}

/** As famfs writes most: decimal, or hexadecimal with 0x. */
function integer(from: Map<Yaml, Yaml>, name: string): number {
  return number(from, name, /^(?:\d+|0x[0-9a-f]+)$/i, "");
}

function octal(from: Map<Yaml, Yaml>, name: string): number {
  return number(from, name, /^[0-7]+$/, "0o");
}

function number(from: Map<Yaml, Yaml>, name: string, form: RegExp, prefix: string): number {
  const text = string(from, name);
  const value = form.test(text) ? Number(prefix + text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw badField(name, "a number below 2^53 as famfs writes it", show(text));
}
