import { type Participant, type Segment, SharedArray, u8 } from "famfs";
import { randomFrom } from "../support/seed.js";
import { below, outcomeOf, type Subject } from "./subject.js";

/** Nothing may take longer, in milliseconds; calls that wait have a fraction of it. */
const LONGEST = 5000;
const PATIENCE = 20;

/** Beside the structure, in bytes: whatever stores past it, stores here. */
const GUARD = 4096;

/**
 * Damages a structure's bytes again and again and does everything with it each time: there may be errors with codes, and
 * nothing else. Runs in a process of its own, which may crash or hang.
 * @returns what else there was
 */
export async function damageAndUse(
  subject: Subject,
  segment: Segment,
  { seed, runs }: { seed: number; runs: number },
): Promise<string[]> {
  const random = randomFrom(seed);
  const participant = await segment.join({ host: 0 });
  const guards = [await guard(participant, "below")];
  const first = await subject.create(participant, "it");
  guards.push(await guard(participant, "above"));
  subject.close?.(first);
  await use(subject, segment, participant, random);
  const { offset = 0, length = 0 } = segment.entries().find(({ name }) => name === "it") ?? {};
  const bytes = segment.memory.mapping.bytes(offset, length);
  const whole = bytes.slice();
  const wrong: string[] = [];
  for (let run = 0; run < runs; run++) {
    bytes.set(whole);
    for (let spots = 1 + below(random, 4); spots > 0; spots--) damage(bytes, random);
    const start = performance.now();
    await use(subject, segment, participant, random).catch((error: unknown) => wrong.push(`run ${run}: ${error}`));
    const took = performance.now() - start;
    if (took > LONGEST) wrong.push(`run ${run} took ${took} ms`);
    if (guards.some((one) => one.some((byte) => byte !== 0x5a))) wrong.push(`run ${run} stored outside`);
    if (wrong.length > 4) break;
  }
  return wrong;
}

async function guard(participant: Participant, name: string): Promise<Uint8Array> {
  const { values } = await SharedArray.create(participant, name, { element: u8, length: GUARD });
  return (values as Uint8Array).fill(0x5a);
}

/** Words are where damage hurts: most spots are one, and most of their values are odd in some way. */
function damage(bytes: Uint8Array, random: () => number): void {
  const at = 8 * below(random, bytes.byteLength / 8);
  const line = 128 * below(random, bytes.byteLength / 128);
  const kinds: (() => void)[] = [
    () => bytes.fill(below(random, 256), at, at + 8),
    () => bytes.fill(0xff, line, line + 8),
    () => bytes.fill(below(random, 256), line, line + 1),
    () => bytes.fill(below(random, 256), line + below(random, 24), line + 24),
    () => bytes.fill(below(random, 256), line, line + 128),
    () => flip(bytes, at + below(random, 8), below(random, 8)),
  ];
  kinds[below(random, kinds.length)]?.();
}

function flip(bytes: Uint8Array, at: number, bit: number): void {
  bytes[at] = (bytes[at] as number) ^ (1 << bit);
}

async function use(subject: Subject, segment: Segment, participant: Participant, random: () => number): Promise<void> {
  const openings = [() => subject.open(participant, "it", { who: 0, patience: PATIENCE })];
  openings.push(() => subject.open(segment, "it", { patience: PATIENCE }));
  for (const open of openings) {
    const opened = await outcomeOf(() => [open()]);
    if (!Array.isArray(opened)) continue;
    const [structure] = opened as [unknown];
    for (let call = 0; call < 6; call++) await outcomeOf(() => subject.act(structure, subject.draw(random, 0)));
    await outcomeOf(() => subject.act(structure, subject.look));
    await outcomeOf(() => subject.close?.(structure));
  }
}
