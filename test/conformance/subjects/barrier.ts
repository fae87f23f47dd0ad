import { SharedBarrier } from "famfs";
import { breathe, type Operation, type Subject } from "../subject.js";

const look: Operation = { call: "phase" };
const arrive: Operation = { call: "arrive" };

/** A seat for each party. Parties 0 and 1 are of hosts 1 and 2 where somebody says which host party 0 is of. */
const seats = (host: number | undefined) => (host === undefined ? 1 : [0, 1, 1]);

export const barrier: Subject<SharedBarrier> = {
  name: "barrier",
  folder: "barrier",
  kind: "barrier",

  create: (participant, name, { host, parties, more } = {}) =>
    SharedBarrier.create(participant, name, { parties: parties ?? seats(host), ...more }),
  open: (source, name, { who, more }) =>
    SharedBarrier.open(source, name, { role: who === undefined ? undefined : "party", ...more }),
  close: (structure) => structure.close(),

  draw(random) {
    const draw = random();
    if (draw < 0.4) return arrive;
    return { call: draw < 0.6 ? "tryWait" : draw < 0.8 ? "arrived" : "phase" };
  },
  act(structure, { call }) {
    if (call === "arrive") return structure.arrive();
    if (call === "tryWait") return structure.tryWait();
    return call === "phase" ? structure.phase : structure.arrived;
  },
  model() {
    const arrivals = [0, 0];
    return {
      act({ call }, who) {
        if (call === "phase") return Math.min(...arrivals);
        if (call === "arrive") return ++(arrivals as [number, number])[who as 0 | 1];
        if (call === "tryWait") return Math.min(...arrivals) >= (arrivals[who] as number);
        return arrivals[who];
      },
    };
  },
  look,
  store: arrive,

  torture: {
    rounds: { coherent: 2400, incoherent: 2400, simulated: 400 },
    /** Between its arrivals a party sees exactly the phase that it waited for. */
    async play(structure, { rounds, random }): Promise<string | undefined> {
      for (let round = 1; round <= rounds; round++) {
        if (structure.arrive() !== round) return `phase ${round} was another one`;
        if (random() < 0.5) await structure.wait();
        else structure.waitSync({ timeout: 100_000 });
        if (structure.phase !== round) return `phase ${structure.phase} instead of ${round}`;
        if (round % 50 === 0) await breathe();
      }
      return undefined;
    },
    check: (structure, reports, rounds) =>
      (reports.find((report) => report !== undefined) as string | undefined) ??
      (structure.phase === rounds ? undefined : `phase ${structure.phase} of ${rounds}`),
  },

  deaths: () => {
    const death = { who: 0, before: [arrive, arrive], during: arrive };
    return { "barrier.arrive": { ...death, counts: "no" }, "barrier.arrived": { ...death, counts: "yes" } };
  },
};
