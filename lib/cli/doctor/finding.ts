import { FamfsError } from "../../errors.js";

/**
 * How much a finding matters. `"ok"`: as it should be. `"note"`: worth knowing, or not to be seen from here.
 * `"warning"`: works, but not well, or not for long. `"problem"`: does not work.
 */
export type Level = "ok" | "note" | "warning" | "problem";

/** What a check found. */
export interface Finding {
  /** Stable, `<check>.<what>`. */
  readonly id: string;
  readonly level: Level;
  /** What was found. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** As it should be. */
export function ok(id: string, text: string): Finding {
  return { id, level: "ok", text };
}

/** Worth knowing. */
export function note(id: string, text: string, remedy?: string): Finding {
  return { id, level: "note", text, ...(remedy !== undefined && { remedy }) };
}

/** Works, but not well or not for long. */
export function warning(id: string, text: string, remedy: string): Finding {
  return { id, level: "warning", text, remedy };
}

/** Does not work. */
export function problem(id: string, text: string, remedy: string): Finding {
  return { id, level: "problem", text, remedy };
}

/** The finding for an error: those of the library say what to do by themselves. */
export function failed(id: string, error: unknown, more = ""): Finding {
  if (error instanceof FamfsError) return problem(id, said(error) + more, `look up ${error.code} in docs/errors.md`);
  return problem(id, `the check failed: ${said(error)}`, "report this as an error of famfs-node");
}

/** An error in a finding's text. */
export function said(error: unknown): string {
  return error instanceof FamfsError ? `${error.message} (${error.code})` : String(error);
}

/** A look at one thing. Each runs in a process of the doctor's, and may hang or crash there. */
export interface Check<Subject extends unknown[] = []> {
  readonly name: string;
  look(...subject: Subject): Promise<readonly Finding[]> | readonly Finding[];
}
