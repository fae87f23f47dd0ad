import { openInstance } from "famfs";
import type { BenchCase, Sides } from "./case.js";
import { child } from "./measure.js";

const FILES = 15_000;

/** What the tests' double of a famfs and its writer of logs offer here; both are compiled into build/ of the root. */
interface FuseMount {
  [Symbol.asyncDispose](): Promise<void>;
  readonly root: string;
  /** What the log's writer takes for the root of a famfs. */
  readonly data: string;
}
interface Writer {
  file(fields: object): number;
  appendAll(entries: readonly { readonly type: number; readonly payload: Buffer }[]): number;
}
interface Doubles {
  mountFuse(options: { readonly shadow: "xattr" }): Promise<FuseMount>;
  LogWriter: new (root: string) => Writer;
  filePayload(fields: object): Buffer;
}

async function doubles(): Promise<Doubles> {
  const modules = ["support/fuse-mount", "doubles/media-writer", "doubles/media-bytes"].map(
    (name) => import(new URL(`../../../build/${name}.js`, import.meta.url).href) as Promise<object>,
  );
  return Object.assign({}, ...(await Promise.all(modules))) as Doubles;
}

function fieldsOf(name: string, index: number) {
  return { name, size: 4096, map: { extents: [{ offset: (index + 5) * 2 ** 21, length: 2 ** 21 }] } };
}

/** A famfs of the FUSE kind, served by the tests' double, with a log of 15,000 files. */
async function mountFull(): Promise<{ readonly mount: FuseMount; readonly writer: Writer }> {
  const { mountFuse, LogWriter, filePayload } = await doubles();
  const mount = await mountFuse({ shadow: "xattr" });
  const writer = new LogWriter(mount.data);
  const payloads = Array.from({ length: FILES }, (_, i) => filePayload(fieldsOf(`models/shard-${i}`, i)));
  writer.appendAll(payloads.map((payload) => ({ type: 0, payload })));
  return { mount, writer };
}

/** One of the figures of a process that opens the famfs and lists it. */
function cold(name: string, figure: "open" | "list"): BenchCase {
  return {
    name,
    rounds: 15,
    async prepare(): Promise<Sides> {
      const { mount } = await mountFull();
      return {
        async ours() {
          const result = JSON.parse(await child("open-famfs", [mount.root])) as Record<string, number>;
          if (result["files"] !== FILES) throw new Error(`${result["files"]} files were listed, expected ${FILES}`);
          return result[figure] as number;
        },
        end: () => mount[Symbol.asyncDispose](),
      };
    },
  };
}

/** What each look at a famfs costs that somebody creates files on. */
const refresh: BenchCase = {
  name: "refresh after one new file",
  rounds: 101,
  async prepare(): Promise<Sides> {
    const { mount, writer } = await mountFull();
    const instance = await openInstance(mount.root);
    let count = 0;
    const refreshed = async () => {
      count++;
      writer.file(fieldsOf(`new-${count}`, FILES + count));
      const start = performance.now();
      await instance.refresh();
      return (performance.now() - start) * 1000;
    };
    for (let i = 0; i < 20; i++) await refreshed();
    return {
      ours: refreshed,
      async end() {
        await instance.close();
        await mount[Symbol.asyncDispose]();
      },
    };
  },
};

export const cases: readonly BenchCase[] = [
  cold("open a famfs of 15,000 files", "open"),
  cold("list 15,000 files of a famfs", "list"),
  refresh,
];
