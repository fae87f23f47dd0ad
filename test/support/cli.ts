import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Ended, ROOT } from "./child.js";

/** famfs-node as it is published. */
export const CLI = join(ROOT, "dist/cli.js");

/** How famfs-node is run. */
export interface CliOptions {
  /** Besides the environment of the tests. */
  readonly env?: NodeJS.ProcessEnv;
  /** A command that starts the one that is appended to it, such as `["unshare", "-m"]`. */
  readonly wrapper?: readonly string[];
  readonly uid?: number;
  /** Called once it has started. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs famfs-node; killed when the test ends. */
export function famfsNode(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const { env = {}, wrapper = [], uid, onStart } = options;
  const [command = "", ...rest] = [...wrapper, process.execPath, CLI, ...args];
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** {@link famfsNode} in a mount namespace of its own, where this shell script has run before. */
export function famfsNodeAfter(script: string, args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return famfsNode(args, { ...options, wrapper: ["unshare", "-m", "sh", "-ec", `${script}\nexec "$@"`, "sh"] });
}
