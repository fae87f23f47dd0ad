import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/child.js";
import { type LinkedFolder, linkedFolder } from "../support/linked-folder.js";

/** A ```js block of a document: a whole module. Comments `// prints …` in it say what it prints, line by line. */
interface Snippet {
  readonly line: number;
  readonly source: string;
}

const pages = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
const documents = ["README.md", ...pages.filter((page) => page.endsWith(".md")).map((page) => `docs/${page}`)];

function snippetsOf(document: string): Snippet[] {
  const content = readFileSync(join(ROOT, document), "utf8");
  return [...content.matchAll(/^```js\n(.*?)^```$/gms)].map((found) => ({
    line: content.slice(0, found.index).split("\n").length,
    source: found[1] as string,
  }));
}

let folder: LinkedFolder;
beforeAll(() => {
  folder = linkedFolder();
});
afterAll(() => folder.remove());

async function run(name: string, source: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = join(folder.path, name);
  writeFileSync(program, source);
  const { FAMFS_PATH: _, ...env } = process.env;
  const child = spawn(process.execPath, [program], { env, timeout: 20_000 });
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

describe("the code in the documents", () => {
  test("is found", () => {
    expect(snippetsOf("README.md").length).toBeGreaterThan(0);
    expect(snippetsOf("docs/getting-started.md").length).toBeGreaterThan(0);
  });

  for (const document of documents) {
    for (const { line, source } of snippetsOf(document)) {
      test(`runs, and prints what it says: ${document}, line ${line}`, async () => {
        const promised = [...source.matchAll(/\/\/ prints (.*)$/gm)].map((found) => found[1]);
        const { code, stdout, stderr } = await run(`${document.replaceAll("/", "-")}-${line}.mjs`, source);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout.split("\n").slice(0, -1)).toEqual(promised);
      });
    }
  }
});

describe("links between the documents", () => {
  const headings = (content: string) =>
    [...content.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );

  for (const document of documents) {
    test(`lead somewhere: ${document}`, () => {
      const content = readFileSync(join(ROOT, document), "utf8");
      for (const [, target] of content.matchAll(/\]\(([^)]+)\)/g)) {
        if ((target as string).startsWith("https://")) continue;
        const url = new URL(target as string, `file://${join(ROOT, document)}`);
        const linked = readFileSync(url.pathname.replace(/\/$/, "/README.md"), "utf8");
        if (url.hash !== "") expect(headings(linked), target as string).toContain(url.hash.slice(1));
      }
    });
  }
});
