import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Finding, problem } from "./finding.js";

/** How long an interrupted child may take to end by itself, in milliseconds. */
const PATIENCE = 300;

/** One check for the child: of the host, or of the instance at a path. */
export interface Task {
  readonly name: string;
  readonly path?: string;
}

/**
 * Runs tasks one after the other in a child process, so that a call that never returns, such as statfs on a mount whose
 * daemon is stopped, takes only that check. The doctor itself touches no mount.
 */
export class Examiner {
  readonly #timeout: number;
  #child: ChildProcess | undefined;
  #task: Task | undefined;
  #onFindings: ((findings: readonly Finding[]) => void) | undefined;

  /** `timeout`: how long a task may take, in milliseconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Never rejects. */
  async run(task: Task): Promise<readonly Finding[]> {
    this.#task = task;
    this.#child ??= this.#start();
    const findings = new Promise<readonly Finding[]>((resolve) => {
      this.#onFindings = resolve;
    });
    this.#child.send(task);
    const timer = setTimeout(() => {
      this.end();
      this.#settle([hang(task, this.#timeout)]);
    }, this.#timeout);
    try {
      return await findings;
    } finally {
      clearTimeout(timer);
    }
  }

  #start(): ChildProcess {
    const manifest = createRequire(import.meta.url).resolve("famfs/package.json");
    const child = fork(join(dirname(manifest), "dist/doctor-child.js"), {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const gone = (how: string) => {
      if (this.#child !== child) return;
      this.end();
      this.#settle([crash(this.#task as Task, how)]);
    };
    child.on("message", (findings: readonly Finding[]) => this.#settle(findings));
    child.on("error", (error) => gone(error.message));
    child.on("exit", (code, signal) => gone(`ended with ${signal ?? code}`));
    return child;
  }

  #settle(findings: readonly Finding[]): void {
    this.#onFindings?.(findings);
    this.#onFindings = undefined;
  }

  /** Does not wait for the child: one that hangs in the kernel does not even die. */
  end(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    if (child.connected) child.disconnect();
    child.kill("SIGKILL");
    child.unref();
  }

  /** Ends, but lets a child that does not hang take away what it made; the task that runs will have no findings. */
  async interrupt(): Promise<void> {
    this.#onFindings = undefined;
    const child = this.#child;
    if (child?.connected) {
      child.disconnect();
      await Promise.race([once(child, "exit"), sleep(PATIENCE)]);
    }
    this.end();
  }
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
