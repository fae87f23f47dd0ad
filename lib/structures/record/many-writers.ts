import { FamfsError } from "../../errors.js";
import { integer, options } from "../../guards.js";
import type { Participant } from "../../segment/participant.js";
import { noParticipant } from "../checks.js";
import { ownOf } from "../own.js";
import type { Lane } from "./lane.js";
import type { RecordSource, WriteOptions } from "./source.js";
import type { Version } from "./version.js";

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
  readonly #newVersion: () => Version;
  readonly #at: number;
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
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#value.bytes;
  }

  get version(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.observe(), 0);
  }

  tryRead(): number | undefined {
    let total = 0;
    let highest = -1;
    for (const lane of this.#lanes) {
      const version = lane.tryRead(this.#candidate);
      if (version === undefined) return undefined;
      total += version;
      if (version === 0 || this.#candidate.token < highest) continue;
      highest = this.#candidate.token;
      this.#value.bytes.set(this.#candidate.bytes);
    }
    return total;
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
