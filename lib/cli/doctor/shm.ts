import { accessSync, constants, statfsSync } from "node:fs";
import { amount } from "../output.js";
import { type Check, ok, warning } from "./finding.js";

/** What Docker gives a container that asks for nothing. */
const SMALL = 64 * 2 ** 20;
const TMPFS_MAGIC = 0x01021994;
const MORE = "give it more room: docker run --shm-size=2g, or mount -o remount,size=2g /dev/shm";

/** The tmpfs that every Linux has, where private instances are made. */
export const shm: Check = {
  name: "shm",
  look() {
    try {
      const { type, blocks, bavail, bsize } = statfsSync("/dev/shm");
      if (type !== TMPFS_MAGIC)
        return [warning("shm.kind", "/dev/shm is no tmpfs", "mount -t tmpfs tmpfs /dev/shm, or name another tmpfs")];
      accessSync("/dev/shm", constants.W_OK | constants.X_OK);
      const size = blocks * bsize;
      const free = bavail * bsize;
      if (blocks === 0) return [ok("shm.size", "/dev/shm is a tmpfs without a limit")];
      const found = `/dev/shm has ${amount(free)} free of ${amount(size)}`;
      return [size <= SMALL || free < size / 20 ? warning("shm.size", found, MORE) : ok("shm.size", found)];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const remedy = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm, or name another tmpfs in FAMFS_PATH";
      return [warning("shm.access", `/dev/shm cannot be used (${code}), so no private instance can be made`, remedy)];
    }
  },
};
