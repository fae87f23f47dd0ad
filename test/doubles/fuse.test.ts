import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mountFuse } from "../support/fuse-mount.js";
import { named, noFuse } from "../support/requirements.js";

describe.skipIf(noFuse)(named("the FUSE double", noFuse), () => {
  test("serves what was put into it", async () => {
    const files = [{ name: "models/a", size: 10_000, bytes: Buffer.from("hello"), mode: 0o640 }];
    await using mount = await mountFuse({ shadow: "xattr", files });
    expect(readdirSync(mount.root, { recursive: true }).sort()).toEqual([
      ".meta",
      ".meta/.log",
      ".meta/.superblock",
      "models",
      "models/a",
    ]);
    const bytes = readFileSync(`${mount.root}/models/a`);
    expect(bytes.length).toBe(10_000);
    expect(bytes.toString("latin1", 0, 6)).toBe("hello\0");
    expect(readFileSync(`${mount.root}/.meta/.superblock`).readUInt32LE(0)).toBe(0x87b282ff);
  });
});
