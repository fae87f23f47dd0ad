import { defineConfig } from "vitest/config";
import { PROOFS } from "./support/proofs.js";
import base from "./vitest.config.js";

/** The races and deaths that `npm test` has no time for. Its summary says how long it took. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: PROOFS, exclude: [], typecheck: { enabled: false } },
});
