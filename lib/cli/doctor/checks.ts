import { cpu } from "./cpu.js";
import { cxl } from "./cxl.js";
import { environment } from "./environment.js";
import type { Check } from "./finding.js";
import { kernel } from "./kernel.js";
import { limits } from "./limits.js";
import { memory } from "./memory.js";
import { modules } from "./modules.js";
import { node } from "./node.js";
import { shm } from "./shm.js";

/** What concerns the host, in the order in which it is told. */
export const HOST_CHECKS: readonly Check[] = [node, cpu, kernel, limits, environment, shm, memory, modules, cxl];

/** What concerns one instance. */
export const INSTANCE_CHECKS: readonly Check<[path: string]>[] = [];
