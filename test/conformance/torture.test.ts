import { describe, expect, inject, test } from "vitest";
import { seedOf } from "../support/seed.js";
import { CARRIERS } from "./peers.js";
import { stage } from "./stage.js";
import { MODES } from "./subject.js";
import { SUBJECTS } from "./subjects/all.js";

const { parties, factor } = inject("conformance");

describe.each(SUBJECTS)("$name", (subject) => {
  const cases = MODES.flatMap((mode) =>
    CARRIERS.flatMap((carrier) => parties[carrier][mode].map((count) => ({ mode, carrier, count }))),
  );

  test.each(cases)(
    "on $mode memory holds with $count $carrier at once",
    { timeout: 600_000 },
    async ({ mode, carrier, count }) => {
      const { start, structure } = await stage(subject, mode, count);
      const rounds = Math.ceil((subject.torture.rounds[mode] * factor) / count);
      const seed = seedOf(`${subject.name}, ${mode}, ${count} ${carrier}`);
      const all = Array.from({ length: count }, (_, who) =>
        start(carrier, who, { do: "torture", parties: count, rounds, seed: seed + who }),
      );
      const peers = await Promise.all(all);
      for (const peer of peers) expect(await peer.message()).toBe("ready");
      for (const peer of peers) peer.send("go");
      const reports: unknown[] = [];
      for (const peer of peers) reports.push((await peer.message<{ report: unknown }>()).report);
      expect(await subject.torture.check(structure, reports, rounds)).toBeUndefined();
      for (const peer of peers) peer.send("end");
    },
  );
});
