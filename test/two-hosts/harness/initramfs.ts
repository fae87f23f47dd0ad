import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { command } from "./command.js";
import { FILE_SYSTEM_MODULES, type Kernel } from "./kernel.js";
import { GUEST } from "./paths.js";

const FOLDER = 0o40755;
const PROGRAM = 0o100755;

/** Writes the first file system of a guest: what it needs to reach this host's root. */
export function makeInitramfs(kernel: Kernel, path: string): void {
  const busybox = command("sh", ["-c", "command -v busybox"]).trim();
  const modules = FILE_SYSTEM_MODULES.map((module) =>
    entry(`modules/${module}.ko`, PROGRAM, readFileSync(join(kernel.modules, `${module}.ko`))),
  );
  const archive = Buffer.concat([
    entry("bin", FOLDER),
    entry("bin/busybox", PROGRAM, readFileSync(busybox)),
    entry("agent.sh", PROGRAM, readFileSync(join(GUEST, "agent.sh"))),
    entry("init", PROGRAM, readFileSync(join(GUEST, "init.sh"))),
    entry("modules", FOLDER),
    ...modules,
    entry("TRAILER!!!", 0),
  ]);
  writeFileSync(path, gzipSync(archive, { level: 1 }));
}

/** One file of a cpio archive in the "newc" form: a header of hexadecimal numbers, its name, its content. */
function entry(name: string, mode: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const numbers = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header)), padded(content)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
