import { openInstance } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError, thrownBy } from "../support/errors.js";
import { type FuseMount, mountFuse } from "../support/fuse-mount.js";
import { named, noFuse } from "../support/requirements.js";

describe.skipIf(noFuse)(named("a famfs whose daemon is stopped", noFuse), () => {
  const files = [{ name: "a", size: 100 }];

  /** Stops the daemon, until it is disposed of: a mount whose daemon is stopped does not go. */
  function stopped({ pid }: FuseMount): Disposable {
    process.kill(pid, "SIGSTOP");
    return { [Symbol.dispose]: () => void process.kill(pid, "SIGCONT") };
  }

  test("openInstance ends at its time-out and says why; when the daemon goes on, it opens", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    using daemon = stopped(mount);
    const turns: number[] = [];
    const timer = setInterval(() => turns.push(performance.now()), 10);
    await expectError(
      "ERR_FAMFS_TIMEOUT",
      () => openInstance(mount.root, { timeout: 300, fallback: "tmpfs" }),
      mount.root,
      "within 300 ms",
      "daemon",
      "famfs-node doctor",
    );
    clearInterval(timer);
    expect(turns.length).toBeGreaterThan(1);
    daemon[Symbol.dispose]();
    await using instance = await openInstance(mount.root, { timeout: 20_000 });
    expect((await instance.open("a")).size).toBe(100);
  });

  test("openInstance ends with the reason of its signal", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    using _ = stopped(mount);
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    expect(await thrownBy(() => openInstance(mount.root, { signal: controller.signal }))).toBe(reason);
    expect(await thrownBy(() => openInstance(mount.root, { signal: controller.signal }))).toBe(reason);
  });
});

test("openInstance checks what it may take, and tmpfs is opened in time", async () => {
  await expectError("ERR_FAMFS_INVALID_TYPE", () => openInstance("/dev/shm", { timeout: "1" as never }), "timeout");
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => openInstance("/dev/shm", { timeout: -1 }), "timeout");
  await expectError("ERR_FAMFS_INVALID_TYPE", () => openInstance("/dev/shm", { signal: {} as never }), "signal");
  const { signal } = new AbortController();
  await using instance = await openInstance("/dev/shm", { timeout: 2 ** 40, signal });
  expect(instance.kind).toBe("tmpfs");
});
