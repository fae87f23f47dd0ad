// whole-buffer.js MODE INSTANCE COUNT ADDON: makes and gives up COUNT ArrayBuffers over all of INSTANCE/whole, by the
// library ("ours") or by the bare Node-API calls over the same memory. Prints the microseconds of one.
import { createRequire } from "node:module";
import { openInstance } from "famfs";

interface BareBuffer {
  create(source: ArrayBuffer, length: number): ArrayBuffer;
  detach(buffer: ArrayBuffer): void;
}

const [mode, path, count, addon] = process.argv.slice(2) as [string, string, string, string];
const bare = createRequire(import.meta.url)(addon) as BareBuffer;
const file = await (await openInstance(path)).open("whole", { access: "read-write" });
const mapping = file.map();
const source = mapping.window(0, 4096).buffer;
const length = file.size;

function ours(): void {
  const window = mapping.window(0, length);
  if (window.buffer.byteLength !== length) throw new Error("wrong length");
  window.close();
}

function bareCalls(): void {
  const buffer = bare.create(source, length);
  if (buffer.byteLength !== length) throw new Error("wrong length");
  bare.detach(buffer);
}

const once = mode === "ours" ? ours : bareCalls;
const start = performance.now();
for (let i = 0; i < Number(count); i++) {
  once();
  // Finalizers run between turns of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
}
console.log((((performance.now() - start) * 1000) / Number(count)).toFixed(2));
