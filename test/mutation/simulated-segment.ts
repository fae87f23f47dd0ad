import { packSlot } from "../../lib/segment/claim.js";
import { SegmentDirectory } from "../../lib/segment/directory.js";
import { format } from "../../lib/segment/format.js";
import type { SegmentHeader } from "../../lib/segment/header.js";
import { Layout } from "../../lib/segment/layout.js";
import { slotClaim, slotWord } from "../../lib/segment/liveness.js";
import { SegmentMemory } from "../../lib/segment/memory.js";
import { Participant } from "../../lib/segment/participant.js";
import { newPlace } from "../../lib/segment/place.js";
import { revokerOf } from "../../lib/segment/revocation.js";
import type { StructureSource } from "../../lib/segment/structure.js";
import { compareAndSwap } from "../../lib/segment/swap.js";
import type { Simulation } from "../../lib/testing/index.js";

const NOBODY_SILENT = { isKnownDead: () => false, look: () => "alive" };

/**
 * A segment between simulated hosts that one thread plays, with a participant on each: who has joined with a heartbeat
 * and a lock would not do the same every time.
 */
export class SimulatedSegment {
  readonly #simulation: Simulation;
  readonly #header: SegmentHeader;

  /** @param size of the simulated memory, in bytes */
  constructor(simulation: Simulation, size: number) {
    const { hosts } = simulation;
    this.#simulation = simulation;
    this.#header = format(hosts[0].mapping, Layout.forSize(size, hosts.length, 1), newPlace("tmpfs"));
  }

  /** Joins; whoever was there on this host before is dead. Everybody else sees that at once. */
  join(host: number): Participant {
    const memory = new SegmentMemory((this.#simulation.hosts[host] ?? this.#simulation.hosts[0]).mapping, this.#header);
    const source = { memory, directory: new SegmentDirectory(memory) };
    const incarnation = slotClaim(memory, host).incarnation + 1;
    const word = slotWord(memory, host);
    const claim = packSlot({ state: "held", nodeHash: 0, boot: 0, incarnation });
    compareAndSwap(memory.control, word, word.observe(), claim);
    return participantOf(source, host, incarnation);
  }
}

/** As much of a participant as structures use. Making needs no lock: only one host makes. */
function participantOf(source: StructureSource, host: number, incarnation: number): Participant {
  let ticket = 0;
  const { memory } = source;
  const parts = {
    ...source,
    ...{ index: host, host, slot: 0, incarnation, name: `host ${host}`, left: false },
    liveness: {
      ...NOBODY_SILENT,
      mayStore: (index: number, claim: { incarnation: number }) =>
        claim.incarnation === slotClaim(memory, index).incarnation,
    },
    check: () => undefined,
    // Nobody is, but it looks.
    checkNotFenced: () => void revokerOf(memory, host, incarnation),
    matters: () => true,
    during: (work: () => Promise<unknown>) => work(),
    exclusively: async (_: unknown, action: (ticket: number) => unknown) => action(++ticket),
  };
  const properties = Object.entries(parts).map(([name, value]) => [name, { value }] as const);
  return Object.create(Participant.prototype, Object.fromEntries(properties)) as Participant;
}
