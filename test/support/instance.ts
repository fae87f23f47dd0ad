import { rmSync } from "node:fs";
import { join } from "node:path";
import { createTmpfsInstance, type Instance, openInstance } from "famfs";
import { onTestFinished } from "vitest";

/** An instance for one test, and names in it that nobody else uses; both go when the test ends, also when it fails. */
export interface TestInstance {
  readonly instance: Instance;
  /** A fresh name with this stem. */
  name(stem?: string): string;
  /** The absolute path of a name. */
  path(name: string): string;
}

let count = 0;

/** The instance of FAMFS_PATH, or a private one on tmpfs. */
export async function testInstance(): Promise<TestInstance> {
  return cleanedUp(await openInstance(process.env["FAMFS_PATH"], { fallback: "tmpfs" }));
}

/** A private instance on tmpfs, for what is said of tmpfs only. */
export async function tmpfsInstance(): Promise<TestInstance> {
  return cleanedUp(await createTmpfsInstance());
}

function cleanedUp(instance: Instance): TestInstance {
  const names: string[] = [];
  const path = (name: string) => join(instance.path, name);
  onTestFinished(async () => {
    for (const name of names) rmSync(path(name), { recursive: true, force: true });
    await instance.close();
  });
  const name = (stem = "file") => {
    const fresh = `${stem}-${process.pid}-${++count}`;
    names.push(fresh);
    return fresh;
  };
  return { instance, name, path };
}
