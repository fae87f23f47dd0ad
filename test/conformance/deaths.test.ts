import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
    async ({ mode, point, death, carrier }) => {
      const { start, join: joinIn } = await stage(subject, mode, 2);
      const { who, before, during } = death;
      const victim = await start(carrier, who, { do: "die", at: point, before, during });
      await victim.died();
      const opening = { patience: PATIENCE };
      const survivor = subject.open(await joinIn(1 - who), "it", { who: 1 - who, ...opening });
      const found = await subject.act(survivor, subject.look);
      const models = await modelsAfter(subject, death);
      const looks = await Promise.all(models.map((model) => model.act(subject.look, who)));
      expect(looks).toContainEqual(found);
      const model = models[
        looks.findIndex((one) => JSON.stringify(one, text) === JSON.stringify(found, text))
      ] as Model;
      const successor = subject.open(await joinIn(who), "it", { who, ...opening });
      const parties = who === 0 ? [successor, survivor] : [survivor, successor];
      const random = randomFrom(seedOf(`${subject.name}, ${mode}, ${point}`));
      for (let call = 0; call < CALLS; call++) {
        const next = call % 2;
        const operation = subject.draw(random, next);
        const outcome = await outcomeOf(() => subject.act(parties[next], operation));
        expect(outcome, `call ${call}: ${operation.call}(${operation.args ?? ""}) of ${next}`).toEqual(
          await model.act(operation, next),
        );
      }
      for (const structure of parties) subject.close?.(structure);
    },
  );
});

function text(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
