import { expect } from "vitest";
import { DEVICE } from "./harness/device.js";
import { program, scenario } from "./harness/scenario.js";

const word = (...args: (string | number)[]) => [program("dax-word"), DEVICE, ...args.map(String)];
const done = { code: 0, stderr: "" };

scenario("a store of one is seen by the other, both ways", async ({ a, b }) => {
  const waiting = b.run(word("wait", 0, 17));
  expect(await a.run(word("store", 0, 17))).toMatchObject(done);
  expect(await waiting).toMatchObject(done);
  expect(await b.run(word("store", 64, 18))).toMatchObject(done);
  expect(await a.run(word("load", 64))).toMatchObject({ ...done, stdout: "18\n" });
});

scenario("each scenario finds the device all zeros", async ({ a }) => {
  expect(await a.run(word("load", 64))).toMatchObject({ ...done, stdout: "0\n" });
});

scenario("atomic additions of both add up", async ({ a, b }) => {
  const both = await Promise.all([a, b].map((guest) => guest.run(word("race", 0, 1_000_000))));
  expect(both).toMatchObject([done, done]);
  expect((await b.run(word("load", 64))).stdout).toBe("2000000\n");
});

scenario("the rules of a dax device", async ({ a }) => {
  const { stdout, stderr } = await a.run(`${program("dax-rules")} ${DEVICE} $(cat /sys/bus/dax/devices/dax0.0/size)`);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    open: "ok",
    map: "ok",
    "map at 2 MiB": "ok",
    "map 4096 bytes": "EINVAL",
    "map at 4096": "EINVAL",
    "map privately": "EINVAL",
    "map with MAP_SYNC": "ok",
    "map to execute": "ok",
    "map all": "ok",
    "map past the end": "ok",
    "read-only descriptor, map to read": "ok",
    "read-only descriptor, map to write": "EACCES",
    st_size: 0,
    ftruncate: "EINVAL",
    fallocate: "ENODEV",
    fsync: "EINVAL",
    pread: "EINVAL",
    pwrite: "EINVAL",
    "OFD lock": "ok",
    "OFD lock that another has": "EAGAIN",
    "OFD query of a reader": "ok",
    "OFD query of a reader finds": "locked",
    "address modulo 2 MiB": 0,
    "faults of 64 MiB": 32,
    MADV_POPULATE_READ: "ok",
    MADV_POPULATE_WRITE: "ok",
    msync: "EINVAL",
    "mprotect 4096 bytes": "EINVAL",
    "mprotect 2 MiB": "ok",
    "munmap 4096 bytes": "EINVAL",
    "replace 4096 bytes": "EINVAL",
    "replace 2 MiB": "ok",
    "futex wake": "ok",
    "futex wait": "ETIMEDOUT",
    "touch past the end": "BUS",
    "si_code of it": 2,
  });
});
