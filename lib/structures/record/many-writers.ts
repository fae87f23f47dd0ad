import { FamfsError } from "../../errors.js";
import { integer, options } from "../../guards.js";
import type { Participant } from "../../segment/participant.js";
import { noParticipant } from "../checks.js";
import { ownOf } from "../own.js";
import type { Lane } from "./lane.js";
import type { RecordSource, WriteOptions } from "./source.js";
import type { Version } from "./version.js";

/** A reader goes over the lanes so often; each time somebody has written with a higher token meanwhile. */
const ATTEMPTS = 16;

/** A writer's own lane. */
interface OwnLane {
  readonly participant: Participant;
  readonly lane: Lane;
  readonly draft: Version;
  version: number;
}

/**
 * A record that every participant may write, each in a lane of its own: the version with the highest token is the
 * record, and among those of one token the one of the highest participant. So a version that lands late, of a writer that
 * had lost its lock meanwhile, changes nothing (R8b).
 */
export class ManyWriters implements RecordSource {
  readonly selector = undefined;
  readonly #lanes: readonly Lane[];
  readonly #participant: Participant | undefined;
  readonly #value: Version;
  readonly #candidate: Version;
  /** By lane, the number of the version that was read last. */
  readonly #known: Float64Array;
  /** Of the lane that the value is from; -1 where there is none. */
  #newest = -1;
  readonly #newVersion: () => Version;
  readonly #at: number = 0;
  #own: OwnLane | undefined;

  /** @param writer who may write; `at`: where the record is in the segment, in bytes */
  constructor(
    lanes: readonly Lane[],
    newVersion: () => Version,
    writer: { participant: Participant | undefined; at: number },
  ) {
    this.#lanes = lanes;
    this.#participant = writer.participant;
    this.#at = writer.at;
    this.#newVersion = newVersion;
    this.#value = this.#newVersion();
    this.#candidate = this.#newVersion();
    this.#known = new Float64Array(lanes.length);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#value.bytes;
  }

  get version(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.observe(), 0);
  }

  /**
   * Goes over the lanes until one time nothing higher is found. Once would not do: a version that lands late, in a lane
   * that is still to come, may be the highest of what was found, although a lane already passed has a higher one by then.
   * @returns a number that each version has for itself
   */
  tryRead(): number | undefined {
    this.#newest = -1;
    this.#known.fill(0);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const risen = this.#pass();
      if (risen === undefined) return undefined;
      if (!risen)
        return this.#newest < 0 ? 0 : (this.#known[this.#newest] as number) * this.#lanes.length + this.#newest;
    }
    return undefined;
  }

  /** Whether a lane had a higher version than is known; undefined where a writer was faster at each attempt. */
  #pass(): boolean | undefined {
    let risen = false;
    for (let index = 0; index < this.#lanes.length; index++) {
      const known = this.#known[index] as number;
      const version = (this.#lanes[index] as Lane).tryRead(this.#candidate, known);
      if (version === undefined) return undefined;
      if (version === known) continue;
      this.#known[index] = version;
      if (!this.#isHigher(index)) continue;
      this.#newest = index;
      this.#value.bytes.set(this.#candidate.bytes);
      risen = true;
    }
    return risen;
  }

  /** Of the candidate, from a lane. */
  #isHigher(lane: number): boolean {
    if (this.#newest < 0) return true;
    const [token, highest] = [this.#candidate.token, this.#value.token];
    return token > highest || (token === highest && lane >= this.#newest);
  }

  get draft(): Uint8Array<ArrayBuffer> {
    return this.#mine().draft.bytes;
  }

  write(callerOptions: WriteOptions | undefined): void {
    const { token } = options("write", callerOptions, ["token"]);
    integer("token", token, 1);
    const own = this.#mine();
    own.participant.check();
    if ((token as number) < own.draft.token) throw tokenWentBack(token as number, own.draft.token);
    own.lane.write(own.version + 1, own.draft.seal(token as number));
    own.version++;
    own.participant.checkNotFenced();
  }

  #mine(): OwnLane {
    if (this.#own !== undefined) return this.#own;
    const participant = this.#participant;
    if (participant === undefined) throw noParticipant("a record", "read", "write");
    this.#own = ownOf(participant, this.#at, () => this.#takeOver(participant));
    return this.#own;
  }

  #takeOver(participant: Participant): OwnLane {
    const lane = this.#lanes[participant.index] as Lane;
    const version = lane.takeOver();
    const draft = this.#newVersion();
    // The token of the predecessor in this lane counts; the fields begin as the record is.
    lane.tryRead(draft);
    const { token } = draft;
    if (this.tryRead() !== undefined) draft.bytes.set(this.#value.bytes);
    draft.seal(token);
    return { participant, lane, draft, version };
  }
}

function tokenWentBack(found: number, last: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `token must be at least ${last}, the one this participant's slot wrote with last, found ${found}; pass the token of the lock that is held now`,
  );
}
