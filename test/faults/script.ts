import { type Ended, result, run, type ScriptOptions } from "../support/child.js";

/** What every script of these tests starts with. A fault could end the process, so each runs in one of its own. */
const PRELUDE = `
  import * as fs from "node:fs";
  import { createRequire } from "node:module";
  import { createTmpfsInstance, openHandle, openInstance } from "famfs";
  const require = createRequire(process.cwd() + "/");
  const PAGE = 4096;
  const show = (value) => console.log(JSON.stringify(value));
  const codeOf = (action) => { try { action(); return "none"; } catch (error) { return error.code ?? error.name; } };
  const turns = (milliseconds = 200) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  let instance;
  /** A file of whole pages, all bytes 7. */
  async function sevens(pages, name = "file" + Math.random()) {
    instance ??= await createTmpfsInstance();
    const file = await instance.create(name, { size: pages * PAGE });
    fs.writeFileSync(file.path, Buffer.alloc(pages * PAGE, 7));
    return file;
  }
  /** A read-only mapping of such a file. */
  async function readOnly(pages) {
    const file = await sevens(pages);
    const name = file.path.slice(instance.path.length + 1);
    return { path: file.path, mapping: (await instance.open(name)).map() };
  }
  /** Collects the events of a mapping. */
  function eventsOf(mapping) {
    const events = [];
    mapping.on("fault", (failure) => events.push(failure));
    return events;
  }
`;

/** Runs a script that must end well, after the prelude; returns what it printed last, as JSON. */
export function shown<T = unknown>(script: string, options?: ScriptOptions): Promise<T> {
  return result<T>(PRELUDE + script, options);
}

/** Runs a script to whatever end, after the prelude. */
export function ended(script: string, options?: ScriptOptions): Promise<Ended> {
  return run(PRELUDE + script, options);
}
