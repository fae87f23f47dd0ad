import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, onTestFinished } from "vitest";
import { compiled } from "./compile.js";

/** How the program is started. */
export interface CallsOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** A command that starts the one that is appended to it. */
  readonly wrapper?: readonly string[];
}

/** Makes system calls on a path in a process of its own, one after the other; ends with the test. */
export type Calls = (...calls: readonly string[]) => Promise<string[]>;

/** @returns what makes the calls of test/doubles/calls and tells their answers: a result, an errno's name, `SIGBUS` */
export function callsOn(path: string, { env, wrapper = [] }: CallsOptions = {}): Calls {
  const program = compiled("test/doubles/calls", "calls");
  const [command = "", ...args] = [...wrapper, program, path];
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (...calls) => {
    const answers: string[] = [];
    for (const call of calls) {
      child.stdin.write(`${call}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the process that makes system calls ended in ${call}`);
      answers.push(value);
    }
    return answers;
  };
}

/** Makes calls and expects their answers: `call = answer; call = answer`. */
export async function expectDialogue(calls: Calls, dialogue: string): Promise<void> {
  const parts = dialogue.split("; ").map((part) => part.split(" = "));
  const answers = await calls(...parts.map(([call = ""]) => call));
  expect(parts.map(([call], i) => `${call} = ${answers[i]}`).join("; ")).toBe(dialogue);
}
