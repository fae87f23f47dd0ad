import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mountsOfWhole, nameInWhole, parseMountInfo } from "../../lib/instance/mountinfo.js";
import { deviceNumber, parseDeviceNumber } from "../../lib/memory/device-number.js";

/** As seen on hosts with famfs of both kinds. */
const STANDALONE = "32 26 252:0 / /mnt/famfs rw,nosuid,nodev,noexec,noatime - famfs /dev/dax0.0 rw";
const FUSE =
  "33 26 0:31 / /mnt/famfs rw,nosuid,nodev,relatime - fuse /dev/dax0.0 rw,user_id=0,group_id=0,default_permissions,allow_other";
const FIRST_FUSE =
  "40 26 0:35 / /mnt/famfs rw,nosuid,nodev,relatime shared:7 master:2 - fuse /dev/dax1.0 rw,user_id=0,shadow=/tmp/famfs_shadow_Ab3xYz";

const parse = (text: string | Buffer) => parseMountInfo(Buffer.from(text));

describe("a line of mountinfo", () => {
  test("of each kind of famfs", () => {
    expect(parse([STANDALONE, FUSE, FIRST_FUSE, ""].join("\n"))).toEqual([
      { number: "252:0", root: "/", path: "/mnt/famfs", type: "famfs", source: "/dev/dax0.0", options: ["rw"] },
      {
        number: "0:31",
        root: "/",
        path: "/mnt/famfs",
        type: "fuse",
        source: "/dev/dax0.0",
        options: ["rw", "user_id=0", "group_id=0", "default_permissions", "allow_other"],
      },
      {
        number: "0:35",
        root: "/",
        path: "/mnt/famfs",
        type: "fuse",
        source: "/dev/dax1.0",
        options: ["rw", "user_id=0", "shadow=/tmp/famfs_shadow_Ab3xYz"],
      },
    ]);
  });

  test("with the kernel's escapes, also in the middle of a character", () => {
    const [mount] = parse(
      "1 2 0:9 /a\\040b /x\\011y\\012z\\134w\\043\\303\\244 rw - fuse s\\040t rw,shadow=/tmp/a\\040b",
    );
    expect(mount).toMatchObject({
      root: "/a b",
      path: "/x\ty\nz\\w#ä",
      source: "s t",
      options: ["rw", "shadow=/tmp/a b"],
    });
  });

  test("with bytes that are escaped by nobody", () => {
    const [mount] = parse("1 2 0:9 / /mnt/größe rw - tmpfs tmpfs rw");
    expect(mount?.path).toBe("/mnt/größe");
  });

  test.each([
    ["an empty one", ""],
    ["a cut one", "33 26 0:31 / /mnt/famfs rw,nosuid"],
    ["one without a dash", "33 26 0:31 / /mnt/famfs rw shared:1 fuse /dev/dax0.0 rw"],
    ["one without a type", "33 26 0:31 / /mnt/famfs rw -"],
  ])("that is none, as %s, is left out", (_, line) => {
    expect(parse(`${line}\n${STANDALONE}\n`)).toHaveLength(1);
  });

  test("without source and options", () => {
    expect(parse("33 26 0:31 / /mnt rw - fuse")).toEqual([
      { number: "0:31", root: "/", path: "/mnt", type: "fuse", source: "", options: [""] },
    ]);
  });

  test("of this process: each mount has a number that stat() knows", () => {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
    const mounts = parse(lines.join("\n"));
    expect(mounts).toHaveLength(lines.length);
    for (const { number, path } of mounts) expect(`${number} ${path}`).toMatch(/^\d+:\d+ \//);
  });
});

describe("the mounts of a whole file system", () => {
  const at = (path: string, root = "/", source = "") => ({
    number: "0:9",
    root,
    path,
    type: "fuse",
    source,
    options: [],
  });

  test("begin with the longest that holds the path, of those on one place the newest", () => {
    const mounts = [at("/"), at("/mnt"), at("/mnt/famfs", "/", "old"), at("/mnt/famfs", "/", "new"), at("/mnt/fam")];
    const order = mountsOfWhole(mounts, "/mnt/famfs/a/b").map(({ path, source }) => path + source);
    expect(order.slice(0, 4)).toEqual(["/mnt/famfsnew", "/mnt/famfsold", "/mnt", "/"]);
    expect(order).toHaveLength(5);
  });

  test("leave out mounts of a part", () => {
    expect(mountsOfWhole([at("/mnt/models", "/models")], "/mnt/models/a")).toEqual([]);
  });
});

test("the name that a path has in its file system follows the mount that it lies in", () => {
  const at = (path: string, root: string, number = "0:9") => ({
    number,
    root,
    path,
    type: "fuse",
    source: "",
    options: [],
  });
  const mounts = [at("/mnt/famfs", "/"), at("/models", "/models/deep"), at("/one", "/a"), at("/models/x", "/", "0:8")];
  expect(nameInWhole(mounts, "/mnt/famfs/b", "0:9")).toBe("b");
  expect(nameInWhole(mounts, "/mnt/famfs", "0:9")).toBe("");
  expect(nameInWhole(mounts, "/models/b", "0:9")).toBe("models/deep/b");
  expect(nameInWhole(mounts, "/models", "0:9")).toBe("models/deep");
  expect(nameInWhole(mounts, "/one", "0:9")).toBe("a");
  expect(nameInWhole(mounts, "/elsewhere", "0:9")).toBeUndefined();
});

test.each([
  [0, "0:0"],
  [31, "0:31"],
  [0xfc00, "252:0"],
  [0x10fc01, "252:257"],
  [0xfff05n, "4095:5"],
  [0x100011138870n, "5000:70000"],
])("the device number %s, as makedev(3) packs it, is %s", (number, text) => {
  expect(deviceNumber(number)).toBe(text);
  expect(parseDeviceNumber(text)).toBe(Number(number));
});
