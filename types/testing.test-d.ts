// What users of famfs/testing rely on; `npm run typecheck` and vitest check it, nothing runs.
import type { Mapping, MappingHandle } from "famfs";
import {
  joinSimulation,
  leaveOut,
  type RuleReport,
  type SimulatedHost,
  type Simulation,
  simulateHosts,
  stepsSeen,
} from "famfs/testing";
import { expectTypeOf, test } from "vitest";

declare const simulation: Simulation;
declare const handle: MappingHandle;

test("simulateHosts needs a size, and its options are exact", () => {
  expectTypeOf(simulateHosts).returns.toEqualTypeOf<Promise<Simulation>>();
  void simulateHosts(2, { size: 4096, seed: 1, background: false });
  // @ts-expect-error no size
  void simulateHosts(2, {});
  // @ts-expect-error another option
  void simulateHosts(2, { size: 4096, lines: 1 });
});

test("hosts have mappings, reports and fences", () => {
  const [host] = simulation.hosts;
  expectTypeOf(host).toEqualTypeOf<SimulatedHost>();
  expectTypeOf(host.mapping).toEqualTypeOf<Mapping>();
  expectTypeOf(simulation.reports).toEqualTypeOf<readonly RuleReport[]>();
  expectTypeOf<RuleReport["rule"]>().toEqualTypeOf<"R1" | "F7">();
  expectTypeOf(host.fullFence).toBeCallableWith("site");
  expectTypeOf(joinSimulation(handle)).toEqualTypeOf<Promise<SimulatedHost>>();
});

test("steps are named by strings", () => {
  leaveOut("queue.tail/publish.word");
  leaveOut(undefined);
  expectTypeOf(stepsSeen()).toEqualTypeOf<string[]>();
});
