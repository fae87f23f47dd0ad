import { type MutexGuard, SharedMutex } from "famfs";
import { below, breathe, type Death, type Operation, type Subject } from "../subject.js";

interface Opened {
  readonly mutex: SharedMutex;
  readonly patience: number;
}

const look: Operation = { call: "token" };
const hold = (how: string): Operation => ({ call: "hold", args: [how] });
const WAYS = ["tryLock", "lock", "lockSync"] as const;

function take({ mutex, patience }: Opened, how: string): MutexGuard | undefined | Promise<MutexGuard> {
  if (how === "lock") return mutex.lock({ timeout: patience });
  return how === "lockSync" ? mutex.lockSync({ timeout: patience }) : mutex.tryLock();
}

async function holdOnce(opened: Opened, how: string): Promise<number | undefined> {
  const guard = await take(opened, how);
  guard?.release();
  return guard?.token;
}

/** What it guards is the affair of test/structures/mutex.test.ts; here it is who has it, and the tokens. */
export const mutex: Subject<Opened> = {
  name: "mutex",
  folder: "mutex",
  kind: "mutex",

  create: async (participant, name, { more } = {}) => ({
    mutex: await SharedMutex.create(participant, name, more),
    patience: 0,
  }),
  open: (source, name, { patience }) => ({ mutex: SharedMutex.open(source, name), patience }),
  hasOptions: false,

  draw: (random) => (random() < 0.3 ? look : hold(WAYS[below(random, WAYS.length)] as string)),
  act(opened, { call, args = [] }) {
    if (call === "token") return opened.mutex.token;
    return holdOnce(opened, args[0] as string);
  },
  model() {
    let token = 0;
    return { act: ({ call }) => (call === "token" ? token : ++token) };
  },
  look,
  store: hold("lock"),

  torture: {
    rounds: { coherent: 1500, incoherent: 300, simulated: 40 },
    /** @returns the tokens of its holds */
    async play(opened, { rounds, random }): Promise<number[]> {
      const tokens: number[] = [];
      while (tokens.length < rounds) {
        const token = await holdOnce(opened, WAYS[below(random, WAYS.length)] as string);
        if (token !== undefined) tokens.push(token);
        if (tokens.length % 20 === 0) await breathe();
      }
      return tokens;
    },
    check({ mutex }, reports) {
      const lists = reports as number[][];
      if (lists.some((tokens) => tokens.some((token, i) => token <= (tokens[i - 1] ?? 0)))) return "a token fell";
      const all = new Set(lists.flat());
      const holds = lists.flat().length;
      return all.size === holds && mutex.token === holds ? undefined : `${all.size} tokens of ${holds} holds`;
    },
  },

  deaths(mode) {
    const death = (counts: Death["counts"]): Death => ({
      who: 0,
      before: [hold("lock")],
      during: hold("lockSync"),
      counts,
    });
    return {
      ...(mode !== "coherent" && {
        "segment.bakery.choosing": death("no"),
        "segment.bakery.in-line": death("no"),
      }),
      "mutex.entered": death("no"),
      "mutex.held": death("yes"),
      "mutex.release": death("yes"),
      "mutex.released": death("yes"),
    };
  },
};
