import type { Coherence } from "famfs";

/** Bytes of a place. */
export const PLACE: number;
/** What the rules say of each outcome. */
export const programs: Readonly<
  Record<string, { readonly outcomes: Readonly<Record<string, "allowed" | "forbidden">> }>
>;
/** Programs that break a rule, the outcome that must be seen then, and on which memory. */
export const broken: Readonly<Record<string, { readonly mustSee: string; readonly on: readonly Coherence[] }>>;
