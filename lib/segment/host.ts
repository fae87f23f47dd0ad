import { type HostClaim, packHost, unpackHost } from "./claim.js";
import { crc32c } from "./crc32c.js";
import { Host, HostRecord } from "./layout.js";
import type { Machine } from "./machine.js";
import type { SegmentMemory } from "./memory.js";
import { PrivateRecord } from "./record.js";
import { compareAndSwap } from "./swap.js";
import { takeOver } from "./take-over.js";

/** Which machine has a host index, and in which of its boots. */
export interface HostIdentity extends Machine {
  /** How often this index was taken. */
  readonly bootCount: number;
}

/** How often a copy that is being overwritten is tried again before it counts as unreadable. */
const TRIES = 64;

/** A host's block: whose the index is. Only processes of that host store to it. */
export class HostBlock {
  /** Of the claim word, in the file; its byte is also what joins are serialised by. */
  readonly offset: number;
  readonly #memory: SegmentMemory;
  readonly #host: number;

  constructor(memory: SegmentMemory, host: number) {
    this.#memory = memory;
    this.#host = host;
    this.offset = memory.layout.hostAt(host);
  }

  claim(): HostClaim {
    return unpackHost(this.#claimWord().observe());
  }

  /** False where somebody else was faster. */
  swap(before: HostClaim, after: HostClaim): boolean {
    return compareAndSwap(this.#memory.control, this.#claimWord(), packHost(before), packHost(after));
  }

  /** The directory's part of a host that had the index before: its lines are this one's now. */
  takeOverPart(): void {
    const { layout } = this.#memory;
    takeOver(this.#memory.part(this.#host), 0, layout.partSize);
  }

  /** Undefined where none is whole. */
  identity(): HostIdentity | undefined {
    const record = new PrivateRecord(Host.recordSize);
    for (let tries = 0; tries < TRIES; tries++) {
      const value = this.#recordWord().read(this.offset + Host.record, record.bytes);
      if (value === 0) return undefined;
      if (value === undefined || !record.sealed(HostRecord.crc)) continue;
      return {
        bootId: record.hex(HostRecord.bootId, 16),
        machineId: record.hex(HostRecord.machineId, 16),
        bootCount: record.u32(HostRecord.bootCount),
      };
    }
    return undefined;
  }

  publish({ bootId, machineId, bootCount }: HostIdentity): void {
    const record = new PrivateRecord(Host.recordSize);
    record.setHex(HostRecord.bootId, bootId);
    record.setHex(HostRecord.machineId, machineId);
    record.setU32(HostRecord.bootCount, bootCount);
    const word = this.#recordWord();
    const before = word.observe();
    takeOver(this.#memory.control, this.offset + Host.recordWord, Host.participants - Host.recordWord);
    word.overwrite(before - (before % 2) + 2, this.offset + Host.record, record.seal(HostRecord.crc).bytes);
  }

  #claimWord() {
    return this.#memory.word(this.offset + Host.claim, 64, "segment.host-claim");
  }

  #recordWord() {
    return this.#memory.word(this.offset + Host.recordWord, 64, "segment.host");
  }
}

/** As much of a boot id as a host's claim has room for; never 0. */
export function bootHash(bootId: string): number {
  return crc32c(Buffer.from(bootId, "hex")) || 1;
}
