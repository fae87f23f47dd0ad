import { createStructure } from "../../lib/segment/create-structure.js";
import { SegmentDirectory } from "../../lib/segment/directory.js";
import { format } from "../../lib/segment/format.js";
import type { SegmentHeader } from "../../lib/segment/header.js";
import { Layout } from "../../lib/segment/layout.js";
import { slotWord } from "../../lib/segment/liveness.js";
import { SegmentMemory } from "../../lib/segment/memory.js";
import type { Participant } from "../../lib/segment/participant.js";
import { newPlace } from "../../lib/segment/place.js";
import { openStructure, type StructureSource } from "../../lib/segment/structure.js";
import { compareAndSwap } from "../../lib/segment/swap.js";
import { type SimulatedHost, simulateHosts } from "../../lib/testing/index.js";

const SIZE = 128 << 10;
const STRUCTURES = 12;
const BODY = 1000;
const KIND = { kind: "thing", version: 1 };

/**
 * One host makes structures, another one looks for them in the middle of that: each is not there yet, or whole. Nobody
 * else wants the lock, so there is none.
 * @returns what broke; undefined where nothing did
 */
export async function runMaking(seed: number): Promise<string | undefined> {
  await using simulation = await simulateHosts(2, { size: SIZE, seed, background: false });
  const [first, second = first] = simulation.hosts;
  first.mapping.bytes().fill(0x5a);
  first.mapping.writeBack(0, SIZE);
  first.fullFence();
  const header = format(first.mapping, Layout.forSize(SIZE, 2, 1), newPlace("tmpfs"));
  const maker = withoutLock(sideOf(first, header));
  const finder = sideOf(second, header);
  let broken: string | undefined;
  for (let count = 1; count <= STRUCTURES && broken === undefined; count++) {
    const name = `structure-${count}`;
    const every = 1 + ((seed * 31 + count * 17) % 60);
    let moments = 0;
    simulation.interleave(() => {
      if (moments++ % every === every - 1) broken ??= look(finder, name, count, true);
    });
    const body = (memory: { bytes(): Uint8Array }) => void memory.bytes().fill(count);
    const options = { schema: schemaOf(name), capacity: 1, options: new Uint8Array(), size: BODY, initialise: body };
    await createStructure(maker, { ...KIND, name, ...options }, { timeout: 1000, signal: undefined });
    simulation.interleave(undefined);
    broken ??= look(finder, name, count, false) ?? lookAtSwaps(maker.memory, finder.memory, count);
  }
  void simulation.reports;
  return broken;
}

function sideOf({ mapping }: SimulatedHost, header: SegmentHeader): StructureSource {
  const memory = new SegmentMemory(mapping, header);
  return { memory, directory: new SegmentDirectory(memory) };
}

/** As much of a participant as making needs. */
function withoutLock(side: StructureSource): Participant {
  let ticket = 0;
  const participant = {
    ...side,
    ...{ index: 0, host: 0, slot: 0, incarnation: 1, liveness: { isKnownDead: () => false } },
    check: () => undefined,
    checkNotFenced: () => undefined,
    during: (work: () => Promise<unknown>) => work(),
    exclusively: async (_: unknown, action: (ticket: number) => unknown) => action(++ticket),
  };
  return participant as unknown as Participant;
}

/** Without a fingerprint, so that the text itself is compared. */
function schemaOf(name: string) {
  return { text: `the schema of ${name} `.repeat(6), fingerprint: 0n };
}

function look(finder: StructureSource, name: string, value: number, mayBeMissing: boolean): string | undefined {
  try {
    const { body } = openStructure(finder, name, KIND, schemaOf(name));
    const bytes = finder.memory.mapping.bytes(body.offset, BODY);
    return bytes.every((byte) => byte === value) ? undefined : `${name} was found half-made`;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return mayBeMissing && code === "ERR_FAMFS_NOT_FOUND" ? undefined : message;
  }
}

/** What a swap has changed, others see when it returns. */
function lookAtSwaps(mine: SegmentMemory, theirs: SegmentMemory, count: number): string | undefined {
  const word = slotWord(mine, 0);
  compareAndSwap(mine.control, word, word.observe(), count);
  const found = slotWord(theirs, 0).observe();
  return found === count ? undefined : `a claim was ${count} for its host, ${found} for the other`;
}
