// open-famfs.js PATH: opens a famfs and lists its files, in a process that has done nothing else. Prints the milliseconds
// of both and the number of files, as JSON.
import { openInstance } from "famfs";

const start = performance.now();
const instance = await openInstance(process.argv[2]);
const open = performance.now() - start;
let files = 0;
for await (const _ of instance.files()) files++;
console.log(JSON.stringify({ open, list: performance.now() - start - open, files }));
await instance.close();
