// What goes wrong with the stand-in for famfs's command.
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";

/** The words of FAMFS_DOUBLE; "slow=200" is `wrong.get("slow") === "200"`. */
export const wrong = new Map<string, string>(
  (process.env["FAMFS_DOUBLE"] ?? "").split(",").map((word) => {
    const [name = "", ...value] = word.split("=");
    return [name, value.join("=")];
  }),
);

export const argv = process.argv.slice(2);

/** Ends with an exit code after writing a line to stderr. */
export function fail(code: number, message: string): never {
  complain(message);
  process.exit(code);
}

/** Writes a line to stderr; returns 1. */
export function complain(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}

/** Notes something in the file of calls. */
export function note(what: unknown): void {
  const calls = process.env["FAMFS_DOUBLE_CALLS"];
  if (calls !== undefined) appendFileSync(calls, `${JSON.stringify(what)}\n`);
}

/** As getopt and the commands do: a complaint, the usage, and exit code 0. */
export function refuseOption(letter: string): never {
  process.stderr.write(`famfs: invalid option -- '${letter}'\n`);
  process.stdout.write("\nfamfs creat: Create a file in a famfs file system\n\nArguments:\n    -h|-?  - Print this\n");
  process.exit(0);
}

export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** What goes wrong before anything is looked at; true where nothing else is to happen. */
export function misbehave(): boolean {
  note(argv);
  process.on("exit", () => note("ended"));
  if (wrong.has("password")) fail(1, "sudo: a password is required");
  if (wrong.has("not-found")) fail(1, "sudo: famfs: command not found");
  if (wrong.has("unknown-command")) fail(3, `famfs cli: Unrecognized command ${argv[0]}`);
  if (wrong.has("disconnected")) fail(1, "famfs_get_role: stat: Transport endpoint is not connected");
  if (wrong.has("silent")) process.exit(Number(wrong.get("silent")));
  if (wrong.has("killed")) process.kill(process.pid, "SIGKILL");
  if (wrong.has("old")) refuseOption(wrong.get("old") ?? "");
  if (wrong.has("flood")) writeFileSync(1, Buffer.alloc(4 * 2 ** 20, "famfs "));
  if (wrong.has("garbage")) {
    writeFileSync(1, Buffer.from("\u001b[31mfamfs\u0000 \u00ff\u00fe ok: 12 %s %n", "latin1"));
    process.exit(Number(wrong.get("garbage")));
  }
  if (wrong.has("slow")) sleep(Number(wrong.get("slow")));
  const hangs = wrong.has("hang") || wrong.has("deaf");
  if (hangs) hang(wrong.has("deaf"));
  return hangs;
}

/** For ever, with a child that keeps the outputs open. */
function hang(deaf: boolean): void {
  const script = `${deaf ? `process.on("SIGTERM", () => {});` : ""} setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ["-e", script], { stdio: "inherit" });
  if (deaf) process.on("SIGTERM", () => undefined);
  process.stdout.write("waiting for nobody\n");
  note({ pids: [process.pid, child.pid] });
}

/** "busy=FILE": somebody else has the log as many times as the number in the file says. */
export function isBusy(): boolean {
  const file = wrong.get("busy");
  if (file === undefined) return false;
  const times = Number(readFileSync(file, "utf8"));
  if (times > 0) writeFileSync(file, String(times - 1));
  return times > 0;
}
