import { expect, onTestFinished } from "vitest";
import { Child, endedWell, type ScriptOptions } from "./child.js";
import type { DoubleFile, Role } from "./double-folder.js";
import { type FuseMount, mountFuse } from "./fuse-mount.js";
import { cannotMount, noFuse, type Reason } from "./requirements.js";
import { mountStandalone, type StandaloneMount } from "./standalone.js";

/** Which double, and why it cannot be had here. */
export type FamfsDouble = "fuse" | "old" | "new";
export const DOUBLES: readonly (readonly [FamfsDouble, Reason])[] = [
  ["fuse", noFuse],
  ["old", cannotMount],
  ["new", cannotMount],
];

/** What `instance.kind` says of it. */
export const kindOf = (double: FamfsDouble) => (double === "fuse" ? "famfs-fuse" : "famfs");

export type FamfsMount = FuseMount | StandaloneMount;

export interface FamfsOptions {
  readonly files?: readonly DoubleFile[];
  readonly role?: Role;
}

/** A double for one test. */
export async function famfsMount(double: FamfsDouble, options: FamfsOptions = {}): Promise<FamfsMount> {
  const mount =
    double === "fuse"
      ? await mountFuse({ shadow: "xattr", role: "master", ...options })
      : await mountStandalone({ kind: double, ...options });
  onTestFinished(() => mount[Symbol.asyncDispose]());
  return mount;
}

/** What every script of {@link on} starts with. */
const PRELUDE = `
  import * as fs from "node:fs";
  import { join } from "node:path";
  import * as famfs from "famfs";
  const { openInstance, openHandle } = famfs;
  const [root, ...args] = process.argv.slice(1);
  const show = (value) => console.log(JSON.stringify(value));
  const said = async (action) => {
    try { return { value: await action() }; } catch ({ code, message, path }) { return { code, message, path }; }
  };
  const codeOf = async (action) => (await said(action)).code ?? "none";
  async function list(instance) {
    const entries = [];
    for await (const entry of instance.files()) entries.push(entry);
    return entries;
  }
`;

/** How a script is run on a double. */
export interface OnOptions extends Omit<ScriptOptions, "wrapper"> {
  /** Called when the script has started. */
  readonly meanwhile?: (child: Child) => Promise<void>;
}

/** How a process sees a double. */
export interface Seen {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly wrapper: readonly string[];
}

/** Runs a script in a process that sees the double as what it stands for; returns what it printed last, as JSON. */
export async function on<T>({ root, env, wrapper }: Seen, script: string, options: OnOptions = {}): Promise<T> {
  const { args = [], env: more = {}, uid, meanwhile, ...rest } = options;
  // The view is made by root.
  const user = uid === undefined ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const seen = { args: [root, ...args], env: { ...env, ...more }, wrapper: [...wrapper, ...user] };
  const child = new Child(PRELUDE + script, { ...rest, ...seen });
  await meanwhile?.(child);
  return endedWell<T>(await child.ended);
}

/** What `said` of a script returns. */
export interface Said {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly path?: string;
}

/** Expects a code, and parts of the message. */
export function expectSaid({ code, message }: Said, expected: string, ...parts: (string | RegExp)[]): void {
  expect(code, message).toBe(expected);
  for (const part of parts) expect(message).toMatch(part);
}
