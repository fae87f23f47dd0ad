import type { Participant, Segment } from "famfs";

/** How hosts see each other's stores. */
export const MODES = ["coherent", "incoherent", "simulated"] as const;
export type Mode = (typeof MODES)[number];

/** One call on a structure, as plain data: it goes to processes and workers. */
export interface Operation {
  readonly call: string;
  readonly args?: readonly unknown[];
}

/** How a structure is made. */
export interface Creation {
  /** Of party 0: the host that a role is bound to. Default: the participant's. */
  readonly host?: number;
  /** How many parties each host has. Default: nobody cares. */
  readonly parties?: readonly number[];
  /** Options that are added to those of the call, to see that it refuses them. */
  readonly more?: object;
}

/** As whom a structure is opened. */
export interface Opening {
  /**
   * The number of the party, from 0. Those next to each other are on different hosts. Where the structure has a role, 0
   * has it. Undefined: somebody who only reads.
   */
  readonly who?: number;
  /** How long a call may wait for others, in milliseconds. */
  readonly patience: number;
  /** As in {@link Creation}. */
  readonly more?: object;
}

/** What the structure is to its users, as plain JavaScript. Outcomes are compared with those of the structure. */
export interface Model {
  /** @returns the outcome of the call; for an error {@link failure} */
  act(operation: Operation, who: number): unknown;
}

/** One of several parties that use a structure at the same time. */
export interface Party {
  readonly who: number;
  readonly parties: number;
  /** How often to do what it does. */
  readonly rounds: number;
  readonly random: () => number;
}

/** What a party is at when it dies at a fail point. */
export interface Death {
  /** The party that dies. */
  readonly who: number;
  /** What it did before. */
  readonly before: readonly Operation[];
  /** What it is at. */
  readonly during: Operation;
  /** Whether that counts afterwards: others find all of it, or nothing of it. */
  readonly counts: "yes" | "no" | "maybe";
}

/**
 * A structure under test. What is here runs in the test's process and in others, so a subject imports nothing but
 * `famfs` and what needs no test runner.
 */
export interface Subject<S = unknown> {
  readonly name: string;
  /** In lib/structures: its fail points must be those of {@link Subject.deaths}. Undefined where it has none. */
  readonly folder?: string;
  /** Of its entry in a segment. */
  readonly kind: string;

  create(participant: Participant, name: string, creation?: Creation): Promise<S>;
  open(source: Segment | Participant, name: string, opening: Opening): S;
  /** False where `open` takes no options. */
  readonly hasOptions?: false;
  /** Opens it with a schema that it does not have; undefined where it has none. */
  openWrongly?(source: Segment | Participant, name: string): unknown;
  /** Gives a role back; undefined where there is nothing to close. */
  close?(structure: S): void;

  /** A call that a party may make at any moment. */
  draw(random: () => number, who: number): Operation;
  act(structure: S, operation: Operation): unknown;
  model(): Model;
  /** Tells what is shared and changes nothing. */
  readonly look: Operation;
  /** Where `look` is not of one moment: of the calls in its middle it may have some, and miss others before them. */
  readonly looksInParts?: true;
  /** Changes something as party 0, which takes a participant; undefined where a segment is enough. */
  readonly store?: Operation;

  /** Parties at the same time. */
  readonly torture: {
    readonly rounds: Readonly<Record<Mode, number>>;
    /** @returns plain data for `check` */
    play(structure: S, party: Party): unknown;
    /** After all have ended. @returns what broke; undefined where nothing did */
    check(structure: S, reports: readonly unknown[], rounds: number): string | undefined;
  };

  /** By the name of the fail point. */
  deaths?(mode: Mode): Readonly<Record<string, Death>>;
}

/** What an error looks like as an outcome. */
export function failure(code: string): { readonly error: string } {
  return { error: code };
}

/** The outcome of a call; what is no FamfsError is thrown on. */
export async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    // By its name: the library in use may be another copy than the one imported here.
    const { name, code } = error as { name?: string; code?: string };
    if (name !== "FamfsError" || code === undefined) throw error;
    return failure(code);
  }
}

/** A whole number from 0 up to a limit. */
export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** Lets others of this thread act now and then. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
