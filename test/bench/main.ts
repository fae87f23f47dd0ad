import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import type { BenchCase, BenchContext, Sides } from "./case.js";
import { type CaseResult, machine, table } from "./report.js";
import { Scratch } from "./scratch.js";
import { compared, judge, type Round, spreadOf } from "./stats.js";
import { TARGETS, targetOf } from "./targets.js";

const HELP = `npm run bench -- [options]

  --only <text>  only the cases whose name contains the text
  --quick        few rounds and small files: shows that the cases work, says little about speed
  --check        exit with 1 when a median misses its target by more than its spread
  --json         print JSON instead of the table
  --help         this text

A case that cannot be measured makes the exit code 1 in any run.

Targets: test/bench/targets.ts. Method and results: docs/benchmarks.md.`;

async function casesNamed(part: string): Promise<BenchCase[]> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".bench.js"));
  const modules = files.map((name) => import(`./${name}`) as Promise<{ cases: readonly BenchCase[] }>);
  const cases = (await Promise.all(modules)).flatMap((module) => module.cases);
  const place = ({ name }: BenchCase) => TARGETS.indexOf(targetOf(name));
  return cases.filter(({ name }) => name.includes(part)).sort((a, b) => place(a) - place(b));
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

function commandLine() {
  const flag = { type: "boolean", default: false } as const;
  const options = { only: { type: "string", default: "" }, quick: flag, check: flag, json: flag, help: flag } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return commandLineError((error as Error).message);
  }
}

function commandLineError(message: string): never {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}

interface Outcome {
  readonly results: readonly CaseResult[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
}

async function runAll(cases: readonly BenchCase[], context: BenchContext): Promise<Outcome> {
  const results: CaseResult[] = [];
  const failures: string[] = [];
  const progress = (text: string) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
  for (const bench of cases) {
    const reason = bench.leftOut?.(context);
    if (reason !== undefined) {
      progress("");
      console.error(`left out: ${bench.name}: ${reason}`);
      continue;
    }
    progress(`${bench.name} …`);
    await runCase(bench, context).then(
      (result) => results.push(result),
      (error: unknown) => failures.push(`${bench.name}: ${error instanceof Error ? error.message : error}`),
    );
  }
  progress("");
  return { results, failures };
}

function print({ results, failures }: Outcome): void {
  const facts = Object.entries(machine()).map(([key, value]) => `${key} ${value}`);
  console.log(`${facts.join(", ")}\n\n${table(results)}`);
  for (const failure of failures) console.log(`not measured: ${failure}`);
}

async function main(): Promise<void> {
  const { only, quick, check, json, help } = commandLine();
  if (help) return console.log(HELP);
  const cases = await casesNamed(only);
  if (cases.length === 0) return commandLineError(`no case's name contains "${only}"`);
  const scratch = await Scratch.make();
  const outcome = await runAll(cases, { quick, scratch });
  await scratch.instance.close();
  if (json) console.log(JSON.stringify({ machine: machine(), quick, ...outcome }, null, 2));
  else print(outcome);
  const missed = check && outcome.results.some(({ verdict }) => verdict === "missed");
  if (missed || outcome.failures.length > 0) process.exitCode = 1;
}

await main();
