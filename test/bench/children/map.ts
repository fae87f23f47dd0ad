// map.js write|read PATH SEGMENT KEYS: the writer of the segment's map sets values as fast as it can; a reader reads so many
// keys once. Prints "ready" once that goes on, or is done, and goes when its standard input ends.
import { openInstance, Segment, SharedMap } from "famfs";
import { Cargo, INTEGERS, keyOf } from "../filled-map.js";

const [role, path, name, given] = process.argv.slice(2) as [string, string, string, string];
const keys = Number(given);
const instance = await openInstance(path);

async function leave(segment: Segment): Promise<void> {
  await segment.close();
  await instance.close();
  process.exit(0);
}

async function write(): Promise<void> {
  const segment = await Segment.open(instance, name);
  const map = SharedMap.open(await segment.join(), "map", { ...INTEGERS, role: "writer" });
  let [state, over] = [1, false];
  const some = () => {
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      map.draft.id = i;
      map.set(keyOf((state >>> 1) % keys));
    }
  };
  process.stdin.resume().once("end", () => {
    over = true;
  });
  for (let i = 0; i < 10; i++) some();
  console.log("ready");
  while (!over) {
    some();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await leave(segment);
}

async function read(): Promise<void> {
  const segment = await Segment.open(instance, name, { access: "read-only" });
  if (keys > 0) {
    const map = SharedMap.open(segment, "map", INTEGERS);
    const view = Cargo.view(new Uint8Array(Cargo.size));
    for (let i = 0; i < keys; i++) if (!map.read(keyOf(i), view)) throw new Error(`key ${i} is not there`);
  }
  // What memory it keeps, not what garbage of its start is left.
  globalThis.gc?.();
  console.log("ready");
  process.stdin.resume().once("end", () => leave(segment));
}

await (role === "write" ? write() : read());
