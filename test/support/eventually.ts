import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again until there is an answer, for 20 seconds. What throws has no answer yet. */
export async function eventually<T>(ask: () => T | undefined): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(10)) {
    try {
      const answer = ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error; // as of a process that is only just starting
    }
  }
  throw new Error("it did not come to that", { cause: last });
}
