import { readFileSync } from "node:fs";
import { FamfsError, type FamfsErrorCode } from "../errors.js";
import { type SystemFailure, systemError, systemFailure } from "../native/binding.js";

/** What to say for each refusal of the system that has a code of its own. */
const FILE_ERRORS: Record<string, readonly [FamfsErrorCode, string]> = {
  ENOENT: ["ERR_FAMFS_NOT_FOUND", "does not exist; create it first, or wait for the process that does"],
  ENOTDIR: ["ERR_FAMFS_NOT_FOUND", "lies below something that is no directory"],
  EISDIR: ["ERR_FAMFS_IS_DIRECTORY", "is a directory, expected a file; name a file in it"],
  EACCES: ["ERR_FAMFS_PERMISSION", "may not be used like this by this user; check its mode and owner"],
  EPERM: ["ERR_FAMFS_PERMISSION", "may not be used like this by this user"],
  EROFS: ["ERR_FAMFS_PERMISSION", "lies on a file system mounted read-only"],
  EEXIST: ["ERR_FAMFS_EXISTS", 'exists already; open it, or pass ifExists: "open"'],
  ENXIO: ["ERR_FAMFS_NOT_A_FILE", "is no regular file (a pipe or socket), so it cannot be mapped"],
  EMFILE: [
    "ERR_FAMFS_FILE_LIMIT",
    "was not opened: this process has as many files open as it may; raise ulimit -n or close some",
  ],
  ENOSPC: [
    "ERR_FAMFS_NO_SPACE",
    "does not fit: its file system has no blocks or no inodes left (df, df -i); remove files, or give it more room",
  ],
  EDQUOT: ["ERR_FAMFS_NO_SPACE", "does not fit into this user's quota; remove files, or have it raised"],
  ENFILE: ["ERR_FAMFS_FILE_LIMIT", "was not opened: the system has as many files open as it may; raise fs.file-max"],
  ENOTCONN: [
    "ERR_FAMFS_DAEMON_DEAD",
    "cannot be reached: the daemon that serves its file system is gone. What is mapped goes on; when it can be let go, unmount and mount again",
  ],
  ECONNABORTED: ["ERR_FAMFS_DAEMON_DEAD", "cannot be reached: the daemon that serves its file system has just ended"],
  ENAMETOOLONG: ["ERR_FAMFS_INVALID_NAME", "is too long a name; 255 bytes a part and 4095 in all are allowed"],
};

/** The {@link FamfsError} for what Node's fs or the addon said about a path; another error stays as it is. */
export function fileError(error: unknown, path: string): unknown {
  const failure = systemFailure(error);
  return failure === undefined ? error : refused(failure, path);
}

/** The {@link FamfsError} for what the system said about a path. */
export function refused(failure: SystemFailure, path: string): FamfsError {
  const [code, text] = FILE_ERRORS[failure.name] ?? ["ERR_FAMFS_SYSTEM", "could not be used: the system refused"];
  return systemError(code, `${path} ${text}`, failure, path);
}

/** The {@link FamfsError} for a refused mmap. */
export function mapError(error: unknown, path: string, size: number): unknown {
  const failure = systemFailure(error);
  if (failure === undefined) return error;
  switch (failure.name) {
    case "EOVERFLOW":
      return new FamfsError(
        "ERR_FAMFS_PAST_END",
        `${path} was ${size} bytes when it was opened and is shorter now: someone truncated it; open it again`,
        { path },
      );
    case "ENOSPC":
      return mapLimit("this process has as many mappings as famfs makes", path);
    case "ENOMEM":
      return (
        outOfMappings(path) ??
        systemError(
          "ERR_FAMFS_ADDRESS_SPACE",
          `${path} does not fit into the address space that is left; map a smaller part, close mappings, or raise ulimit -v`,
          failure,
          path,
        )
      );
    default:
      return refused(failure, path);
  }
}

function kernelMapLimit(): number {
  return Number(readFileSync("/proc/sys/vm/max_map_count", "utf8"));
}

/** The addon leaves a quarter of the kernel's limit to V8, which ends the process when it gets none. */
function mapLimit(found: string, path: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_MAP_LIMIT",
    `${found}; famfs makes three quarters of vm.max_map_count (${kernelMapLimit()}) at most, and no more than 262143; close some, map larger parts with window() inside, or raise sysctl vm.max_map_count`,
    { path },
  );
}

/** mmap says ENOMEM for two limits; which one it was, the kernel's tables tell. */
function outOfMappings(path: string): FamfsError | undefined {
  const maps = readFileSync("/proc/self/maps");
  let count = 0;
  for (let at = maps.indexOf(10); at >= 0; at = maps.indexOf(10, at + 1)) count++;
  // The kernel keeps an entry or two in reserve.
  if (count < kernelMapLimit() - 8) return undefined;
  return mapLimit(`this process has ${count} mappings, famfs's and others`, path);
}
