import { FamfsError } from "../../errors.js";
import type { Participant } from "../../segment/participant.js";
import type { Lane } from "./lane.js";
import type { RecordSource, WriteOptions } from "./source.js";
import type { Version } from "./version.js";

/** A record that one participant writes at a time: the holder of its role. */
export class OneWriter implements RecordSource {
  readonly #lane: Lane;
  readonly #value: Version;
  readonly #newVersion: () => Version;
  /** Who has the role, and what it writes. */
  #writer: { readonly participant: Participant; readonly draft: Version } | undefined;
  #version = 0;

  constructor(lane: Lane, newVersion: () => Version) {
    this.#lane = lane;
    this.#newVersion = newVersion;
    this.#value = this.#newVersion();
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#value.bytes;
  }

  get version(): number {
    return this.#lane.observe();
  }

  get selector(): number {
    return this.#lane.offset;
  }

  tryRead(): number | undefined {
    return this.#lane.tryRead(this.#value);
  }

  /** The participant has the role from now on. */
  begin(participant: Participant): void {
    const draft = this.#newVersion();
    this.#version = this.#lane.takeOver();
    this.#lane.tryRead(draft);
    this.#writer = { participant, draft };
  }

  end(): void {
    this.#writer = undefined;
  }

  get draft(): Uint8Array<ArrayBuffer> {
    return this.#write().draft.bytes;
  }

  write(options: WriteOptions | undefined): void {
    if (options !== undefined) throw noToken();
    const { participant, draft } = this.#write();
    participant.check();
    this.#lane.write(this.#version + 1, draft.seal(0));
    this.#version++;
  }

  #write() {
    if (this.#writer !== undefined) return this.#writer;
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `only the writer's role allows storing to this record; open it through a participant with { role: "writer" }`,
    );
  }
}

function noToken(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    `this record has one writer and takes no token; make it with { writers: "any" } to write under a lock`,
  );
}
