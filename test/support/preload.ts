import { compiled } from "./compile.js";

const OPTIONS = ["-U_FILE_OFFSET_BITS", "-shared", "-fPIC"];

/** The environment in which a child sees the mount of a double as test/doubles/standalone makes it look. */
export function preload(
  folder: string,
  root: string,
  kind: "old" | "new" | "fuse",
  more: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const library = compiled("test/doubles/standalone", "standalone_double.so", OPTIONS);
  return {
    LD_PRELOAD: [process.env["LD_PRELOAD"], library].filter(Boolean).join(" "),
    FAMFS_DOUBLE_ROOT: root,
    FAMFS_DOUBLE_KIND: kind,
    FAMFS_DOUBLE_FOLDER: folder,
    ...more,
  };
}
