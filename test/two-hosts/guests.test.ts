import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { thrownBy } from "../support/errors.js";
import { scenario } from "./harness/scenario.js";

/** For how long a guest is stopped, in milliseconds. */
const STOPPED = 3000;
const HOUR = 3_600_000;
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

scenario("the two are hosts: kernels with a boot id, a machine id and a name of their own", async ({ a, b }) => {
  const identities = await Promise.all(
    [a, b].map(async (guest) =>
      (await guest.run(`cat ${BOOT_ID} /etc/machine-id; hostname; nproc`)).stdout.split("\n"),
    ),
  );
  const [one, other] = identities as [string[], string[]];
  expect([one.slice(2, 4), other.slice(2, 4)]).toEqual([
    ["a", "2"],
    ["b", "2"],
  ]);
  expect(one[1]).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set([one[1], other[1], readFileSync("/etc/machine-id", "utf8").trim()]).size).toBe(3);
  expect(new Set([one[0], other[0], readFileSync(BOOT_ID, "utf8").trim()]).size).toBe(3);
});

scenario("a command's exit code, output and complaints come back, its arguments as they were", async ({ a }) => {
  expect(await a.run("echo out; echo complaint >&2; exit 3")).toEqual({
    code: 3,
    stdout: "out\n",
    stderr: "complaint\n",
  });
  const awkward = ["it's", 'a "b"', "$HOME", "two\nlines", ""];
  const script = "console.log(JSON.stringify([...process.argv.slice(1), process.env.MARK]))";
  expect(await a.result(script, { args: awkward, env: { MARK: "x y" } })).toEqual([...awkward, "x y"]);
});

scenario("a command that takes too long is killed, with all that it started", async ({ a }) => {
  const error = await thrownBy(() => a.run("echo begun; sleep 1000 & sleep 1000", { timeout: 1000 }));
  expect((error as Error).message).toMatch(/guest a: echo begun.*nothing within 1000 ms\nbegun/s);
  expect(await a.run("while pgrep sleep; do :; done", { timeout: 20_000 })).toMatchObject({ code: 0 });
});

scenario("a scenario and a program of Node's talk to each other", async ({ a }) => {
  const program = a.node(`
    import { message, send } from "./test/two-hosts/guest/talk.mjs";
    send({ ready: true });
    for (let text = await message(); text !== "end"; text = await message()) send({ text });`);
  expect(await program.message()).toEqual({ ready: true });
  for (const text of ["one", "two\nlines", "'quotes'", "ü\\n"]) {
    program.send(text);
    expect(await program.message()).toEqual({ text });
  }
  program.send("end");
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
  expect(((await thrownBy(() => program.message())) as Error).message).toMatch(/ended without a message/);
});

scenario("a guest that loses its power says so to whoever waits, and boots as another", async ({ a, b, reboot }) => {
  const identity = async () => (await a.run(`cat ${BOOT_ID} /etc/machine-id`)).stdout.split("\n");
  const before = await identity();
  const waiting = thrownBy(() => a.run("sleep 1000"));
  await a.kill();
  expect(((await waiting) as Error).message).toMatch(/guest a has lost its power/);
  expect(((await thrownBy(() => a.run("true"))) as Error).message).toMatch(/guest a is off/);
  // It boots with another boot id, the same machine id, and a clock that may be years ahead.
  const start = "2031-05-06T07:08:09";
  await reboot(a, { clock: start });
  const after = await identity();
  expect(after[0]).not.toBe(before[0]);
  expect(after[1]).toBe(before[1]);
  const [ahead, here] = await Promise.all([a, b].map((guest) => guest.result<number>("console.log(Date.now())")));
  expect(Math.abs((ahead as number) - Date.parse(`${start}Z`))).toBeLessThan(HOUR);
  expect(Math.abs((here as number) - Date.now())).toBeLessThan(HOUR);
});

scenario("a guest that is stopped does nothing; its clock stands still or runs on, as wanted", async ({ a }) => {
  const program = a.node(`
    import { message, send } from "./test/two-hosts/guest/talk.mjs";
    for (;;) {
      await message();
      send(performance.now());
    }`);
  const now = () => {
    program.send("now?");
    return program.message<number>();
  };
  const passed = async (clock: "stands" | "runs") => {
    const start = performance.now();
    const before = await now();
    await a.stop({ clock });
    const answer = now();
    const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, STOPPED, "none"))]);
    expect(early).toBe("none");
    await a.cont();
    return { guest: (await answer) - before, host: performance.now() - start };
  };
  const stands = await passed("stands");
  expect(stands.guest).toBeLessThan(stands.host - 0.9 * STOPPED);
  expect((await passed("runs")).guest).toBeGreaterThan(0.9 * STOPPED);
});
