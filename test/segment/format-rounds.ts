import { flushEntries, usedWord } from "../../lib/segment/entry.js";
import { format } from "../../lib/segment/format.js";
import { readHeader } from "../../lib/segment/header.js";
import { Directory, HEADER_RECORD, HEADER_SIZE, HEADER_WORD, Layout } from "../../lib/segment/layout.js";
import { SegmentMemory } from "../../lib/segment/memory.js";
import { newPlace } from "../../lib/segment/place.js";
import { simulateHosts } from "../../lib/testing/index.js";

const SIZE = 64 << 10;
const LAYOUT = Layout.forSize(SIZE, 2, 1);

/**
 * One host formats memory that has been used before, another one opens it in the middle of that; then one leaves stores
 * in its cache, as a process that is killed does, and they are flushed.
 * @returns what broke; undefined where nothing did
 */
export async function runFormat(seed: number): Promise<string | undefined> {
  await using simulation = await simulateHosts(2, { size: SIZE, seed, background: false });
  const [maker, opener = maker] = simulation.hosts;
  maker.mapping.bytes().fill(0x5a);
  maker.mapping.writeBack(0, SIZE);
  maker.fullFence();
  opener.mapping.invalidate(0, SIZE);
  opener.pass(2000);
  const word = opener.mapping.commitWord(HEADER_WORD, { bits: 64, site: "segment.header" });
  let opened: SegmentMemory | undefined;
  let broken: string | undefined;
  let moments = 0;
  const look = () => {
    const header = readHeader(word, SIZE, undefined);
    if ("state" in header) return;
    opened = new SegmentMemory(opener.mapping, header);
    const bytes = opener.mapping.bytes(HEADER_RECORD + HEADER_SIZE, LAYOUT.dataAt - HEADER_RECORD - HEADER_SIZE);
    if (!bytes.every((byte) => byte === 0)) broken = "an opener found what was there before";
  };
  simulation.interleave(() => {
    if (opened === undefined && moments++ % 5 === 0) look();
  });
  const header = format(maker.mapping, LAYOUT, newPlace("tmpfs"));
  simulation.interleave(undefined);
  if (opened === undefined) look();
  if (opened === undefined) broken ??= "nobody could open it";
  broken ??= flushed(new SegmentMemory(maker.mapping, header), opened as unknown as SegmentMemory, seed);
  void simulation.reports;
  return broken;
}

/** What a process stored and did not write back before it was killed, its sibling writes back. */
function flushed(host: SegmentMemory, other: SegmentMemory, seed: number): string | undefined {
  usedWord(host, 0).publish(2, 0, 0);
  const at = Directory.entries + Directory.entrySize;
  for (let round = 1; round <= 10; round++) {
    const value = (seed + round) & 255;
    host.part(0).bytes(at, 1).fill(value);
    flushEntries(host, 0);
    other.part(0).invalidate(at, 1);
    if (other.part(0).bytes(at, 1)[0] !== value) return "what a dead process stored was not seen after a flush";
  }
  return undefined;
}
