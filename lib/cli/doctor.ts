import { resolve } from "node:path";
import { number, parse } from "./arguments.js";
import type { Command } from "./command.js";
import { HOST_CHECKS, INSIDE_CHECKS, OUTSIDE_CHECKS } from "./doctor/checks.js";
import type { Finding, Level } from "./doctor/finding.js";
import { listedFamfs } from "./doctor/mount.js";
import { opening } from "./doctor/opening.js";
import { Report } from "./doctor/report.js";
import { Examiner } from "./doctor/task.js";
import { json } from "./output.js";
import { cleanUpAtSignal } from "./signals.js";
import { givenPath } from "./target.js";

const help = `Usage: famfs-node doctor [options] [path]

Checks this host, and the instance at the path: without a path FAMFS_PATH, else every famfs that is mounted. It changes
nothing, needs no privilege, and says what it could not see. Each finding has a level: ok, note (worth knowing),
warning (works, but not well or not for long), problem (does not work).

  --timeout <s>  how long one check may take, in seconds (default 5)
  --json         print JSON
  --help         this text

Exit codes: 0 no problem was found, 1 there are problems, 2 the command line is wrong.
`;

/** `famfs-node doctor`. */
export const doctor: Command = {
  help,
  async run(args) {
    const { values, path } = parse(args, { timeout: { type: "string", default: "5" } });
    const timeout = number("--timeout", values.timeout, 0.1, 3600) * 1000;
    const report = values.json ? undefined : new Report(process.stdout);
    const given = givenPath(path);
    const findings: Told[] = [];
    const instances = given === undefined ? (await listedFamfs()).map(({ path }) => path) : [resolve(given)];
    for await (const told of examine(instances, timeout)) {
      findings.push(told);
      report?.tell(told);
    }
    const counts = count(findings);
    if (report === undefined) process.stdout.write(json({ findings, counts }));
    else report.end(counts);
    return counts.problem > 0 ? 1 : 0;
  },
};

/** A finding, and the instance that it concerns. */
export type Told = Finding & { readonly instance?: string };

async function* examine(instances: readonly string[], timeout: number): AsyncGenerator<Told, void, undefined> {
  const examiner = new Examiner(timeout);
  const takeBack = cleanUpAtSignal(() => examiner.interrupt());
  try {
    for (const { name } of HOST_CHECKS) yield* await examiner.run({ name });
    for (const path of instances) yield* examineInstance(examiner, path);
  } finally {
    takeBack();
    examiner.end();
  }
}

async function* examineInstance(examiner: Examiner, path: string): AsyncGenerator<Told, void, undefined> {
  for (const { name } of OUTSIDE_CHECKS) {
    const findings = await examiner.run({ name, path });
    for (const finding of findings) yield { instance: path, ...finding };
    if (name === opening.name && findings.some(({ level }) => level === "problem")) return;
  }
  for (const { name } of INSIDE_CHECKS) {
    const findings = await examiner.run({ name, path });
    for (const finding of findings) yield { instance: path, ...finding };
  }
}

function count(findings: readonly Finding[]): Record<Level, number> {
  const counts = { ok: 0, note: 0, warning: 0, problem: 0 };
  for (const { level } of findings) counts[level]++;
  return counts;
}
