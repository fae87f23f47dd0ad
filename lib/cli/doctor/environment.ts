import { show } from "../../guards.js";
import { COHERENCES } from "../../memory/coherence.js";
import { type Check, type Finding, note, ok, problem, warning } from "./finding.js";

/** What must be the form of a value; the others may be anything here. */
const FORMS: Record<string, readonly [RegExp, string]> = {
  FAMFS_COHERENCE: [new RegExp(`^(${COHERENCES.join("|")})$`), COHERENCES.join(", ")],
  FAMFS_HOST: [/^\d{1,5}$/, "a number from 0 to 65535"],
};

/** FAMFS_MODE belongs to famfs's own command. */
const KNOWN = [
  ...Object.keys(FORMS),
  "FAMFS_PATH",
  "FAMFS_CLI",
  "FAMFS_WRITEBACK",
  "FAMFS_SIMULATION_SEED",
  "FAMFS_MODE",
];

/** The environment variables that the library reads. */
export const environment: Check = {
  name: "environment",
  look() {
    const set = Object.entries(process.env).filter(([name, value]) => name.startsWith("FAMFS_") && value);
    if (set.length === 0) return [ok("environment.variables", "no variable FAMFS_… is set")];
    return set.map(([name, value = ""]) => variable(name, value));
  },
};

function variable(name: string, value: string): Finding {
  const found = `${name} is ${show(value)}`;
  if (!KNOWN.includes(name))
    return warning(
      "environment.variables",
      `${found}, but no such variable is known`,
      `one of these: ${KNOWN.join(", ")}`,
    );
  const [form, expected] = FORMS[name] ?? [];
  if (form !== undefined && !form.test(value))
    return problem("environment.variables", `${found}, expected ${expected}`, "correct or unset it");
  if (name === "FAMFS_COHERENCE" && value === "simulated")
    return note(
      "environment.variables",
      `${found}, which is for tests: it is slow and shares nothing between hosts`,
      "unset it in production",
    );
  return ok("environment.variables", found);
}
