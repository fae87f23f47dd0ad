import { spawnSync } from "node:child_process";
import { Unavailable } from "./command.js";

/** Programs of this host that are used here or in the guests, and the Debian packages that have them. */
const PROGRAMS = {
  "qemu-system-x86_64": "qemu-system-x86",
  busybox: "busybox-static",
  ndctl: "ndctl",
  insmod: "kmod",
  xz: "xz-utils",
  "dpkg-deb": "dpkg",
  setpriv: "util-linux",
  cc: "gcc",
};

/** @throws {Unavailable} where the system or a program is missing that two guests need */
export function checkRequirements(): void {
  const { platform, arch } = process;
  if (platform !== "linux" || arch !== "x64")
    throw new Unavailable(
      `the guests use this host's programs, which must be x86-64 Linux; this is ${platform}-${arch}`,
    );
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isProgram(program));
  if (missing.length === 0) return;
  const [programs, packages] = [0, 1].map((part) => missing.map((pair) => pair[part]).join(" "));
  throw new Unavailable(`${programs} missing; sudo apt-get install ${packages}`);
}

function isProgram(program: string): boolean {
  const env = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const path = spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], { env, encoding: "utf8" }).stdout.trim();
  // The first file system of a guest has no libraries; ldd refuses a program that needs none.
  return path !== "" && (program !== "busybox" || spawnSync("ldd", [path]).status !== 0);
}
