import { FamfsError } from "../errors.js";
import { boolean, integer, options, wrongType } from "../guards.js";
import { OpenFile } from "../memory/open-file.js";
import { PARTICIPANT_NAME_SIZE } from "./layout.js";
import { LEASE, type Sight } from "./liveness.js";
import { exclusively } from "./locks.js";
import { type Machine, thisMachine } from "./machine.js";
import type { SegmentMemory } from "./memory.js";
import { intervalOf, type Membership, Participant } from "./participant.js";
import { claimSlot } from "./slot.js";
import { chooseHosts, HostTaken, takeHost } from "./take-host.js";
import { text } from "./text.js";

/** Options of {@link Segment.join}. */
export interface JoinOptions {
  /**
   * The index of this host in the segment, from 0. Default: FAMFS_HOST; on simulated memory the simulated host; on
   * coherent memory the index that this host has already, else the first free one.
   */
  host?: number | undefined;
  /** For people, at most 64 bytes. */
  name?: string | undefined;
  /**
   * How long the heartbeat may stand still before others take this participant for silent, in milliseconds from 20 to
   * 60000. Default 2000.
   */
  lease?: number | undefined;
  /**
   * Take the index over from another machine that is gone for good: an operator's word. Without it only the machine that
   * had it can come back.
   */
  replaceHost?: boolean | undefined;
}

/** What a segment lends its participants. */
export type SegmentParts = Pick<Membership, "memory" | "directory" | "sight">;

/** Options that were checked. */
interface Settled {
  readonly host: number | undefined;
  readonly name: string;
  readonly lease: number;
  readonly replaceHost: boolean;
}

/** How long another process of this host may take to join, in milliseconds, besides the lease it may have to wait. */
const PATIENCE = 10_000;

/** {@link Segment.join}. */
export async function join(parts: SegmentParts, callerOptions?: JoinOptions): Promise<Participant> {
  const { memory, sight } = parts;
  const { mapping } = memory;
  const settled = settle(memory, callerOptions);
  if (mapping.access !== "read-write") {
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `${sight.file.path} is open read-only, joining stores to it; open the segment with access "read-write"`,
      { path: sight.file.path },
    );
  }
  const machine = machineOf(memory);
  const lockFile = await OpenFile.open(sight.file.path, "read-write", sight.file.traits);
  try {
    checkSameFile(lockFile, sight);
    const host = await settleHost(memory, lockFile, machine, settled);
    const slot = claimSlot(memory, host, sight, lockFile);
    return new Participant({ ...parts, lockFile, host, slot, name: settled.name, lease: settled.lease });
  } catch (error) {
    lockFile.close();
    throw error;
  }
}

function settle(memory: SegmentMemory, callerOptions: JoinOptions | undefined): Settled {
  const given = options("join", callerOptions, ["host", "name", "lease", "replaceHost"]);
  return {
    host: hostIndex(memory, given.host),
    name: text("name", given.name ?? "", PARTICIPANT_NAME_SIZE),
    lease: integer("lease", given.lease ?? LEASE.usual, LEASE.least, LEASE.most),
    replaceHost: boolean("replaceHost", given.replaceHost ?? false),
  };
}

/** R5b: configured, or on coherent memory undefined. @throws {FamfsError} ERR_FAMFS_HOST_REQUIRED */
function hostIndex({ mapping, layout }: SegmentMemory, given: number | undefined): number | undefined {
  const most = layout.hosts - 1;
  if (given !== undefined) return integer("host", given, 0, most);
  const { FAMFS_HOST } = process.env;
  const { host } = mapping.handle();
  if (host !== undefined) return integer("the simulated host", host, 0, most);
  if (FAMFS_HOST) return integer("FAMFS_HOST", Number(FAMFS_HOST), 0, most);
  if (mapping.coherence === "coherent") return undefined;
  throw new FamfsError(
    "ERR_FAMFS_HOST_REQUIRED",
    `on ${mapping.coherence} memory each host needs an index of its own, from 0 to ${most}, that no other host is given; pass { host }, or set FAMFS_HOST`,
  );
}

function machineOf({ mapping }: SegmentMemory): Machine {
  return thisMachine(mapping.coherence, mapping.handle().host);
}

/** The name may mean another file by now; its locks would tell of others. */
function checkSameFile(lockFile: OpenFile, { file }: Sight): void {
  if (lockFile.identity === file.identity) return;
  throw new FamfsError(
    "ERR_FAMFS_STALE_HANDLE",
    `${file.path} means another file now than when the segment was opened; open it again`,
    { path: file.path },
  );
}

async function settleHost(memory: SegmentMemory, lockFile: OpenFile, machine: Machine, settled: Settled) {
  const { host, replaceHost, lease } = settled;
  const candidates = host === undefined ? chooseHosts(memory, machine) : [host];
  const request = { machine, replaceHost, interval: intervalOf(lease) };
  let refusal: FamfsError | undefined;
  for (const candidate of candidates) {
    const at = memory.layout.hostAt(candidate);
    try {
      return await exclusively(lockFile, at, PATIENCE + LEASE.most, () => takeHost(memory, candidate, request));
    } catch (error) {
      if (!(error instanceof HostTaken)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? wrongType("host", "the index of a host", host);
}
