import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Finding, problem } from "./finding.js";

/** One check for the child: of the host, or of the instance at a path. */
export interface Task {
  readonly name: string;
  readonly path?: string;
}

/** What came of a task. */
export interface Outcome {
  readonly findings: readonly Finding[];
  /** It did not end in time. */
  readonly hung: boolean;
}

/**
 * Runs tasks one after the other in a child process, so that a call that never returns, such as statfs on a mount whose
 * daemon is stopped, takes only that check. The doctor itself touches no mount.
 */
export class Examiner {
  readonly #timeout: number;
  #child: ChildProcess | undefined;

  /** `timeout`: how long a task may take, in milliseconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Never rejects. */
  run(task: Task): Promise<Outcome> {
    this.#child ??= start();
    const child = this.#child;
    return new Promise((resolve) => {
      const end = (findings: readonly Finding[], hung = false) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve({ findings, hung });
      };
      const timer = setTimeout(() => {
        this.end();
        end([hang(task, this.#timeout)], true);
      }, this.#timeout);
      child.once("message", (findings: readonly Finding[]) => end(findings));
      child.once("error", (error) => {
        this.end();
        end([crash(task, error.message)]);
      });
      child.once("exit", (code, signal) => {
        this.#child = undefined;
        end([crash(task, `ended with ${signal ?? code}`)]);
      });
      child.send(task);
    });
  }

  /** Does not wait for the child: one that hangs in the kernel does not even die. */
  end(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.removeAllListeners();
    child.on("error", () => undefined);
    if (child.connected) child.disconnect();
    child.kill("SIGKILL");
    child.unref();
  }
}

function start(): ChildProcess {
  const manifest = createRequire(import.meta.url).resolve("famfs/package.json");
  return fork(join(dirname(manifest), "dist/doctor-child.js"), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
}

function hang({ name }: Task, timeout: number): Finding {
  return problem(
    `${name}.hangs`,
    `the check did not end within ${timeout / 1000} s: some call of the system does not return`,
    "look for processes in state D (ps -eo pid,stat,wchan,args), and whether the daemon of a FUSE mount is stopped",
  );
}

function crash({ name }: Task, how: string): Finding {
  return problem(`${name}.crashed`, `the process that looked ${how}`, "report this as an error of famfs-node");
}
