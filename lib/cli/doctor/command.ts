import { FamfsError } from "../../errors.js";
import { runFamfs } from "../../instance/famfs/cli.js";
import { type Check, type Finding, failed, note, ok, said } from "./finding.js";

/** Starting sudo and a program takes no longer, in milliseconds. */
const TIMEOUT = 3000;

/** famfs's own command, which makes files and plays the log. */
export const command: Check = {
  name: "command",
  async look() {
    const given = (process.env["FAMFS_CLI"] ?? "").split(/\s+/).filter((word) => word !== "");
    const cli = given.length > 0 ? given : ["famfs"];
    try {
      await runFamfs({ cli }, ["-h"], { timeout: TIMEOUT, path: "famfs -h" });
    } catch (error) {
      if (given.length > 0) return [failed("command.runs", error)];
      return [note("command.runs", `famfs's own command does not run: ${said(error)}`, missing(error))];
    }
    return [ok("command.runs", `famfs's own command runs, as ${cli.join(" ")}`), ...privilege(cli)];
  },
};

function missing(error: unknown): string {
  const isMissing = error instanceof FamfsError && error.code === "ERR_FAMFS_CLI_MISSING";
  const rest = "tmpfs, and files of a famfs that exist, need no command";
  return isMissing ? `to make files on famfs install its user space; ${rest}` : rest;
}

function privilege([program]: readonly string[]): Finding[] {
  if (process.getuid?.() === 0 || program !== "famfs") return [];
  return [
    note(
      "command.privilege",
      "an ordinary user cannot make files on famfs, nor play its log",
      'let sudo do it without a password: FAMFS_CLI="sudo -n famfs", or openInstance(path, { cli: ["sudo", "-n", "famfs"] })',
    ),
  ];
}
