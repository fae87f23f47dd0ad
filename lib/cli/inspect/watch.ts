import { setTimeout as sleep } from "node:timers/promises";
import type { WriteStream } from "node:tty";
import { FamfsError } from "../../errors.js";
import { printable } from "../output.js";
import { cleanUpAtSignal } from "../signals.js";
import { Inspector, type Told } from "./inspector.js";
import { type Problem, problemWords } from "./problem.js";
import { Screen } from "./screen.js";
import type { Selection } from "./structures.js";
import { inspectText, liveText } from "./text.js";

/** How a segment is watched. */
export interface Watching {
  readonly path: string;
  readonly selection: Selection;
  /** From look to look, in milliseconds. */
  readonly interval: number;
  readonly json: boolean;
}

/** A look that failed. */
interface Failed {
  readonly at: string;
  readonly path: string;
  readonly error: Problem;
}

/** Looks again and again, until a signal ends the process. @throws {FamfsError} where the first look fails */
export async function watch(first: Inspector, watching: Watching): Promise<never> {
  let inspector: Inspector | undefined = first;
  let told: Told | Failed = await first.look();
  const output = outputOf(watching);
  const takeBack = cleanUpAtSignal(() => output.end());
  try {
    for (;;) {
      output.show(told);
      await sleep(watching.interval);
      try {
        inspector = await currentOne(inspector, watching);
        told = await inspector.look();
      } catch (error) {
        // It may be made anew, or be repaired.
        if (!(error instanceof FamfsError)) throw error;
        await inspector?.close();
        inspector = undefined;
        told = {
          at: new Date().toISOString(),
          path: watching.path,
          error: { code: error.code, message: error.message },
        };
      }
    }
  } finally {
    takeBack();
    output.end();
  }
}

async function currentOne(inspector: Inspector | undefined, { path, selection }: Watching): Promise<Inspector> {
  if (inspector !== undefined && (await inspector.isCurrent())) return inspector;
  await inspector?.close();
  return Inspector.open(path, selection);
}

interface Output {
  show(told: Told | Failed): void;
  end(): void;
}

/** In place on a terminal; else one after the other. */
function outputOf({ json, interval }: Watching): Output {
  const { stdout } = process;
  const lines = (text: (told: Told | Failed) => string): Output => ({
    show: (told) => void stdout.write(text(told)),
    end: () => undefined,
  });
  if (json) return lines((told) => `${JSON.stringify(told)}\n`);
  if (!stdout.isTTY) return lines((told) => `${told.at}\n${"error" in told ? failedText(told) : inspectText(told)}\n`);
  const screen = new Screen(stdout as WriteStream);
  return {
    show(told) {
      const title = `${printable(told.path)}, every ${interval / 1000} s: ${told.at}; Ctrl-C ends it\n\n`;
      screen.draw(title + ("error" in told ? failedText(told) : liveText(told)));
    },
    end: () => screen.end(),
  };
}

function failedText({ error }: Failed): string {
  return `${problemWords(error)}\n`;
}
