import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** Lists at the end of a run the tests that could not run here, with what was missing (requirements.ts). */
export const skippedReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const result = test.result();
        const note = result.state === "skipped" && result.note ? ` [skipped: ${result.note}]` : "";
        const line = `${relative(process.cwd(), module.moduleId)} > ${test.fullName}${note}`;
        // Others were only not asked for.
        if (line.includes("[skipped: ")) console.log(`skipped: ${line}`);
      }
    }
  },
};
