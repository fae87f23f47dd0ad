// What docs/fs-calls-on-famfs.md says of Node's fs, driven on the doubles: they answer each system call as famfs was
// measured to, and Node makes the calls.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { NO_PASSTHROUGH } from "../doubles/mounted.js";
import { Child, ROOT, result, type ScriptOptions } from "../support/child.js";
import { mountFuse } from "../support/fuse-mount.js";
import { cannotMount, named, noFuse } from "../support/requirements.js";
import { mountStandalone } from "../support/standalone.js";
import { ENDING, ENDLESS, type Outcomes, UNTESTED } from "./fs-calls.js";

const KINDS = ["FUSE", "old standalone", "new standalone"] as const;
type Kind = (typeof KINDS)[number];

/** Runs the body of each call on a file of its own; prints the outcomes. */
const SCRIPT = `
  import * as fs from "node:fs";
  import * as fsp from "node:fs/promises";
  import { pipeline } from "node:stream/promises";
  const [, root, outsides, bodies] = process.argv;
  const AsyncFunction = (async () => {}).constructor;
  const outcomes = [];
  for (const [i, body] of JSON.parse(bodies).entries()) {
    const folder = root + "/" + i;
    const file = folder + "/file";
    const outside = outsides + "/" + i;
    fs.writeFileSync(outside, "new");
    const start = () => fs.readFileSync(file, "latin1").slice(0, 7);
    const given = { fs, fsp, pipeline, folder, file, fresh: file + "-fresh", outside, start };
    let outcome;
    try {
      outcome = (await new AsyncFunction(...Object.keys(given), body)(...Object.values(given))) ?? "works";
    } catch (error) {
      outcome = error.code ?? error.stack;
    }
    try {
      // Not readFile: it looks at the size first, which heals one of the ways to destroy a file.
      const read = fs.readSync(fs.openSync(file, "r"), Buffer.alloc(20_000), 0, 20_000, 0);
      if (read !== 10_000) outcome += ", of another size";
    } catch ({ code }) {
      outcome += code === "ENOENT" ? ", name gone" : ", destroyed";
    }
    outcomes.push(outcome);
  }
  console.log(JSON.stringify(outcomes));`;

interface Mounted {
  readonly root: string;
  /** How a script is run that shall see famfs. */
  readonly options: ScriptOptions;
  /** Whether writes are as famfs's. */
  readonly faithful: boolean;
}

/** A mount of this kind with so many files. */
async function mounted(kind: Kind, count: number): Promise<Mounted> {
  const bytes = Buffer.alloc(10_000, "a");
  const files = Array.from({ length: count }, (_, i) => ({ name: `${i}/file`, size: bytes.length, bytes }));
  if (kind === "FUSE") {
    const mount = await mountFuse({ shadow: "xattr", files });
    onTestFinished(() => mount[Symbol.asyncDispose]());
    return { root: mount.root, options: {}, faithful: mount.passthrough };
  }
  const mount = await mountStandalone({ kind: kind === "old standalone" ? "old" : "new", files });
  onTestFinished(() => mount[Symbol.asyncDispose]());
  return { root: mount.root, options: mount, faithful: true };
}

function argumentsOf(root: string, bodies: readonly string[]): string[] {
  const outside = mkdtempSync(join(tmpdir(), "famfs-test-"));
  onTestFinished(() => rmSync(outside, { recursive: true }));
  return [root, outside, JSON.stringify(bodies)];
}

/** The cells of the document's tables that say what happens: by call, then by kind; without the emphasis. */
function documented(): Map<string, string[]> {
  const rows = readFileSync(join(ROOT, "docs/fs-calls-on-famfs.md"), "utf8").matchAll(/^\| (`fs\.|the same).*$/gm);
  const cells = [...rows].map(([row]) => row.split(" | ").map((cell) => cell.replace(/^\| /, "")));
  return new Map(
    cells.map(([call = "", ...rest]) => [call, rest.slice(0, 3).map((cell) => cell.replace(/[*`]/g, ""))]),
  );
}

/** What a kind does, as the table here has it. */
function expected({ outcomes }: Outcomes, kind: number): string {
  return (outcomes.length === 1 ? outcomes[0] : outcomes[kind]) ?? "";
}

describe.each(KINDS.map((name, kind) => ({ name, kind })))("Node's fs on the $name kind", ({ name, kind }) => {
  const why = name === "FUSE" ? noFuse : cannotMount;

  test.skipIf(why)(named("does what is documented", why), async ({ skip }) => {
    const { root, options, faithful } = await mounted(name, Object.keys(ENDING).length);
    skip(!faithful, NO_PASSTHROUGH);
    const bodies = Object.values(ENDING).map(({ body }) => body);
    const found = await result<string[]>(SCRIPT, { ...options, args: argumentsOf(root, bodies) });
    const calls = Object.entries(ENDING);
    expect(calls.map(([call], i) => `${call}: ${found[i]}`)).toEqual(
      calls.map(([call, outcomes]) => `${call}: ${expected(outcomes, kind)}`),
    );
    const cells = documented();
    for (const [i, [call]] of calls.entries()) expect(cells.get(call)?.[kind], call).toMatch(beginsWith(found[i]));
  });

  test.skipIf(why).for(Object.entries(ENDLESS))(named("never returns from %s", why), async ([call, body], { skip }) => {
    const { root, options, faithful } = await mounted(name, 1);
    skip(!faithful, NO_PASSTHROUGH);
    const child = new Child(SCRIPT, { ...options, args: argumentsOf(root, [body]) });
    // Who has tried to write so often will not stop.
    while (writesOf(child.pid) < 20_000) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(documented().get(call)?.[kind]).toMatch(beginsWith("never returns"));
  });
});

/** A cell's outcome ends with its words, or with a comment on them. */
function beginsWith(outcome = ""): RegExp {
  return new RegExp(`^${outcome}(?=$| |:|;|, without)`);
}

/** How many times a process has called write(2) and its like; throws where it has ended. */
function writesOf(pid: number): number {
  const found = /^syscw: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"));
  if (found === null) throw new Error("needs the counters of /proc/<pid>/io");
  return Number(found[1]);
}

test("every documented call is tested, or cannot be", () => {
  const tested = [...Object.keys(ENDING), ...Object.keys(ENDLESS), ...UNTESTED];
  expect([...documented().keys()].sort()).toEqual(tested.sort());
});
