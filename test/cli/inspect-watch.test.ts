import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Segment, SharedCounter } from "famfs";
import { describe, expect, test } from "vitest";
import type { Ended } from "../support/child.js";
import { type CliOptions, famfsNode } from "../support/cli.js";
import { named, noScript } from "../support/requirements.js";
import { joined, SMALL, stopped, type TestSegment, testSegment } from "../support/segment.js";

const pathOf = ({ instance }: TestSegment) => join(instance.path, "segment");

/** A look, as `--watch --json` prints it. */
interface Look {
  readonly error?: { readonly code: string };
  readonly header?: { readonly epoch: number };
  readonly participants?: readonly { readonly name: string; readonly standing: string; readonly stillFor: number }[];
  readonly structures?: readonly { readonly shown: { readonly value: number } }[];
}

/** `inspect --watch` at work: its output line by line. */
class Watch {
  readonly ended: Promise<Ended>;
  #child: ChildProcess | undefined;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[], options: CliOptions = {}) {
    const onStart = (child: ChildProcess) => {
      this.#child = child;
    };
    this.ended = famfsNode(["inspect", ...args], { ...options, onStart });
    const { stdout } = this.#child as unknown as { stdout: NodeJS.ReadableStream };
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`it ended: ${JSON.stringify(await this.ended)}`);
    return value;
  }

  /** The first look from now on that is as wanted. */
  async look(isWanted: (look: Look) => boolean): Promise<Look> {
    for (;;) {
      const look = JSON.parse(await this.line()) as Look;
      if (isWanted(look)) return look;
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }
}

const standingOf = (look: Look, name: string) => look.participants?.find((one) => one.name === name)?.standing;

describe.each(["coherent", "incoherent"] as const)("inspect --watch on %s memory", (mode) => {
  test("has an object a line, in which values change and participants become alive and silent", async () => {
    const made = await testSegment(mode);
    const participant = await joined(made.segment, 0, "feed");
    const counter = await SharedCounter.create(participant, "orders");
    const peer = made.peer(`await tell("joined"); setInterval(() => {}, 1000);
      await new Promise(() => {});`);
    await peer.message();
    const watch = new Watch([pathOf(made), "--json", "--watch", "0.05"]);
    await watch.look((look) => standingOf(look, "peer") === "unknown");
    await watch.look((look) => standingOf(look, "peer") === "alive");
    counter.add(5);
    await watch.look((look) => look.structures?.[0]?.shown.value === 5);
    process.kill(peer.pid, "SIGSTOP");
    await stopped(peer);
    await watch.look((look) => standingOf(look, "peer") === "silent" && standingOf(look, "feed") === "alive");
    process.kill(peer.pid, "SIGCONT");
    await watch.look((look) => standingOf(look, "peer") === "alive");
    process.kill(peer.pid, "SIGKILL");
    await watch.look((look) => standingOf(look, "peer") === "dead");
    watch.kill("SIGTERM");
    expect(await watch.ended).toMatchObject({ signal: "SIGTERM", stderr: "" });
  });

  test("goes on with the segment that takes the place of another one", async () => {
    const made = await testSegment(mode);
    const watch = new Watch([pathOf(made), "--json", "--watch=0.05"]);
    const { epoch } = made.segment;
    await watch.look((look) => look.header?.epoch === epoch);
    rmSync(pathOf(made));
    await watch.look((look) => look.error?.code === "ERR_FAMFS_NOT_FOUND");
    const segment = await Segment.create(made.instance, "segment", SMALL);
    await watch.look((look) => look.header?.epoch === segment.epoch);
    // In the same file.
    const mapping = (await made.instance.open("segment", { access: "read-write" })).map();
    const anew = Segment.format(mapping, { hosts: 2, participantsPerHost: 4, force: true });
    await watch.look((look) => look.header?.epoch === anew.epoch);
    mapping.bytes(0, 8).fill(0);
    mapping.writeBack(0, 8);
    await watch.look((look) => look.error?.code === "ERR_FAMFS_NOT_A_SEGMENT");
    watch.kill("SIGINT");
    expect(await watch.ended).toMatchObject({ signal: "SIGINT", stderr: "" });
  });
});

test("without a terminal the text is printed again and again, and ends quietly where nobody reads on", async () => {
  const made = await testSegment("coherent");
  const wrapper = ["bash", "-c", '"$@" | head -n 30; exit $PIPESTATUS', "bash"];
  const { code, stdout, stderr } = await famfsNode(["inspect", "--watch", "0.05", pathOf(made)], { wrapper });
  expect([code, stderr]).toEqual([141, ""]);
  expect(stdout.match(/^segment /gm)?.length).toBeGreaterThan(1);
  expect(stdout).not.toContain("\x1b");
});

test("the first look must succeed", async () => {
  const { code, stdout, stderr } = await famfsNode(["inspect", "--watch", "--json", "/dev/shm/famfs-no-such-file"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(JSON.parse(stderr).error.code).toBe("ERR_FAMFS_NOT_FOUND");
});

const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?1049l";

describe.skipIf(noScript !== undefined)(named("inspect --watch on a terminal", noScript), () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "draws in place what fits, and gives the terminal back at %s",
    async (signal) => {
      const made = await testSegment("coherent");
      await joined(made.segment, 0, "feed");
      const shell = 'exec script -qec "stty cols 60 rows 8; echo pid=\\$\\$; exec $*" /dev/null';
      let output = "";
      let sent = false;
      const ended = await famfsNode(["inspect", pathOf(made), "--watch", "0.05"], {
        wrapper: ["sh", "-c", shell, "sh"],
        env: { TERM: "xterm", SHELL: "/bin/sh" },
        onStart: (child) =>
          child.stdout?.on("data", (text: string) => {
            output += text;
            if (sent || output.split("\x1b[J").length < 4) return;
            sent = true;
            process.kill(Number(/pid=(\d+)/.exec(output)?.[1]), signal);
          }),
      });
      const [before, rest = ""] = ended.stdout.replaceAll("\r", "").split(ENTER);
      const [screen = "", after] = rest.split(LEAVE);
      expect(before).toMatch(/^pid=\d+\n$/);
      expect(after).not.toContain("\x1b");
      const frames = screen.split("\x1b[J").slice(0, -1);
      expect(frames.length).toBeGreaterThanOrEqual(3);
      for (const frame of frames) {
        expect(frame.startsWith("\x1b[H")).toBe(true);
        const lines = frame.slice(3).split("\x1b[K\n");
        expect(lines.length).toBe(8);
        for (const line of lines) expect(line.replace("\x1b[K", "").length).toBeLessThanOrEqual(60);
        expect(lines[2]).toMatch(/^HOST +SLOT +INCARNATION/);
        expect(lines[7]).toMatch(/^… \d+ more lines/);
      }
    },
  );
});
