import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { ROOT } from "../support/child.js";
import { randomFrom, seedOf } from "../support/seed.js";
import { CARRIERS } from "./peers.js";
import { PATIENCE, stage } from "./stage.js";
import { type Death, MODES, type Model, outcomeOf, type Subject } from "./subject.js";
import { SUBJECTS } from "./subjects/all.js";

/** Calls of the survivor and the successor afterwards. */
const CALLS = 30;

const deathsOf = (subject: Subject) =>
  MODES.flatMap((mode) =>
    Object.entries(subject.deaths?.(mode) ?? {}).map(([point, death]) => ({ mode, point, death })),
  );

/** What the survivor may find: the model without or with what the dead one was at. */
async function modelsAfter(subject: Subject, { who, before, during, counts }: Death): Promise<Model[]> {
  const models: Model[] = [];
  for (const all of { no: [before], yes: [[...before, during]], maybe: [before, [...before, during]] }[counts]) {
    const model = subject.model();
    for (const operation of all) await model.act(operation, who);
    models.push(model);
  }
  return models;
}

describe.each(SUBJECTS.filter((subject) => deathsOf(subject).length > 0))("$name", (subject) => {
  test("names every fail point of its source", () => {
    const folder = join(ROOT, "lib/structures", subject.folder ?? "");
    const sources = readdirSync(folder).filter((file) => file.endsWith(".ts"));
    const points = sources.flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(/failPoint\("([^"]+)"\)/g)].map(([, point]) => point),
    );
    const named = new Set(deathsOf(subject).map(({ point }) => point));
    expect([...named].filter((point) => !point.startsWith("segment.")).sort()).toEqual(points.sort());
  });

  const cases = deathsOf(subject).flatMap((one) => CARRIERS.map((carrier) => ({ ...one, carrier })));
  test.each(cases)(
    "on $mode memory goes on after a death at $point, $carrier",
    { timeout: 120_000 },
    async ({ mode, point, death, carrier }) => {
      const { start, join: joinAs } = await stage(subject, mode, 2);
      const { who, before, during } = death;
      const victim = await start(carrier, who, { do: "die", at: point, before, during });
      await victim.died();
      const opening = { patience: PATIENCE };
      const parties: unknown[] = [];
      parties[1 - who] = subject.open(await joinAs(1 - who), "it", { who: 1 - who, ...opening });
      const random = randomFrom(seedOf(`${subject.name}, ${mode}, ${point}`));
      const goOn = new GoingOn(subject, parties, random);
      await goOn.begin(death, 1 - who);
      // Somebody gets the slot of the dead, and never uses the structure.
      const idle = await joinAs(who);
      for (let call = 0; call < CALLS / 3; call++) await goOn.call(1 - who);
      await idle.leave();
      parties[who] = subject.open(await joinAs(who), "it", { who, ...opening });
      for (let call = 0; call < CALLS; call++) await goOn.call(call % 2);
      for (const structure of parties) subject.close?.(structure);
    },
  );
});

/** The parties after a death, and what the structure must be to them. */
class GoingOn {
  readonly #subject: Subject;
  readonly #parties: readonly unknown[];
  readonly #random: () => number;
  #model: Model;

  constructor(subject: Subject, parties: readonly unknown[], random: () => number) {
    this.#subject = subject;
    this.#parties = parties;
    this.#random = random;
    this.#model = subject.model();
  }

  /** The model from now on is the one in which the structure looks as it does. */
  async begin(death: Death, survivor: number): Promise<void> {
    const { look } = this.#subject;
    const found = await this.#subject.act(this.#parties[survivor], look);
    const looks: unknown[] = [];
    for (const model of await modelsAfter(this.#subject, death)) {
      looks.push(await model.act(look, survivor));
      if (isDeepStrictEqual(looks.at(-1), found)) this.#model = model;
    }
    expect(looks).toContainEqual(found);
  }

  async call(who: number): Promise<void> {
    const operation = this.#subject.draw(this.#random, who);
    const outcome = await outcomeOf(() => this.#subject.act(this.#parties[who], operation));
    const call = `${operation.call}(${operation.args ?? ""}) of party ${who}`;
    expect(outcome, call).toEqual(await this.#model.act(operation, who));
  }
}
