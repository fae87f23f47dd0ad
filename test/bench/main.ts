import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import type { BenchCase, BenchContext, Sides } from "./case.js";
import { type CaseResult, machine, table } from "./report.js";
import { Scratch } from "./scratch.js";
import { compared, judge, type Round, spreadOf } from "./stats.js";
import { targetOf } from "./targets.js";

const HELP = `npm run bench -- [options]

  --only <text>  only the cases whose name contains the text
  --quick        few rounds and small files: shows that the cases work, says little about speed
  --check        exit with 1 when a median misses its target by more than its spread, or a case fails
  --json         print JSON instead of the table
  --help         this text

Targets: test/bench/targets.ts. Method and results: docs/benchmarks.md.`;

async function casesNamed(part: string): Promise<BenchCase[]> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".bench.js"));
  const modules = files.sort().map((name) => import(`./${name}`) as Promise<{ cases: readonly BenchCase[] }>);
  return (await Promise.all(modules)).flatMap(({ cases }) => cases).filter(({ name }) => name.includes(part));
}

async function measure(sides: Sides, count: number): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let i = 0; i < count; i++) {
    rounds.push({ ours: await sides.ours(), yardstick: await sides.yardstick?.() });
  }
  return rounds;
}

async function runCase(bench: BenchCase, context: BenchContext): Promise<CaseResult> {
  const target = targetOf(bench.name);
  const sides = await bench.prepare(context);
  try {
    const rounds = await measure(sides, context.quick ? 3 : bench.rounds);
    const result = spreadOf(rounds.map((round) => compared(round, target)));
    return { target, rounds, result, verdict: judge(result, target) };
  } finally {
    await sides.end?.();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      quick: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const cases = await casesNamed(values.only);
  if (cases.length === 0) throw new Error(`no case's name contains "${values.only}"`);
  const context = { quick: values.quick, scratch: await Scratch.make() };
  const results: CaseResult[] = [];
  const failures: string[] = [];
  for (const bench of cases) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${bench.name} …`);
    await runCase(bench, context).then(
      (result) => results.push(result),
      (error: unknown) => failures.push(`${bench.name}: ${error instanceof Error ? error.message : error}`),
    );
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  await context.scratch.instance.close();
  if (values.json) console.log(JSON.stringify({ machine: machine(), quick: values.quick, results, failures }, null, 2));
  else {
    console.log(
      Object.entries(machine())
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
    );
    console.log(`\n${table(results)}`);
    for (const failure of failures) console.log(`not measured: ${failure}`);
  }
  const missed = failures.length > 0 || results.some(({ verdict }) => verdict === "missed");
  if (values.check && missed) process.exitCode = 1;
}

await main();
