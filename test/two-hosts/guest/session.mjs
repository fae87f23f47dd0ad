// A program of a guest that does what the scenario tells it, one script after the other, and keeps what they make: the body
// of an async function that has all of famfs, `atFailPoint`, `send`, `sleep`, and `our`, which is theirs.
import * as famfs from "famfs";
import { atFailPoint } from "famfs/testing";
import { message, send } from "./talk.mjs";

const AsyncFunction = (async () => {}).constructor;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const scope = { ...famfs, atFailPoint, send, sleep, our: {} };

for (;;) {
  try {
    const run = new AsyncFunction(...Object.keys(scope), await message());
    send({ value: (await run(...Object.values(scope))) ?? null });
  } catch (error) {
    send({ error: { code: error?.code ?? "none", text: String(error?.stack ?? error) } });
  }
}
