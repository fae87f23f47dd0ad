import { closeSync, ftruncateSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createTmpfsInstance, type FamfsFile, type Instance } from "famfs";

/** The benchmarks' files: a private instance on tmpfs, which goes with the process. */
export class Scratch {
  private constructor(readonly instance: Instance) {}

  static async make(): Promise<Scratch> {
    // An instance is removed at exit, so an interrupted run only has to exit.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
    return new Scratch(await createTmpfsInstance());
  }

  path(name: string): string {
    return join(this.instance.path, name);
  }

  /** A file that takes no memory until it is touched, of any size. */
  async sparse(name: string, size: number): Promise<FamfsFile> {
    const fd = openSync(this.path(name), "w");
    ftruncateSync(fd, size);
    closeSync(fd);
    return this.instance.open(name, { access: "read-write" });
  }

  /** A file with its memory reserved, as the library makes them. */
  create(name: string, size: number): Promise<FamfsFile> {
    return this.instance.create(name, { size });
  }

  async remove(file: FamfsFile): Promise<void> {
    file.close();
    await rm(file.path, { force: true });
  }
}
