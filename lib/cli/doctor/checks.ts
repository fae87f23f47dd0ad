import { coherence } from "./coherence.js";
import { command } from "./command.js";
import { cpu } from "./cpu.js";
import { cxl } from "./cxl.js";
import { daemon } from "./daemon.js";
import { devices } from "./devices.js";
import { environment } from "./environment.js";
import { files } from "./files.js";
import type { Check } from "./finding.js";
import { holders } from "./holders.js";
import { identity } from "./identity.js";
import { kernel } from "./kernel.js";
import { limits } from "./limits.js";
import { log } from "./log.js";
import { mapping } from "./mapping.js";
import { memory } from "./memory.js";
import { modules } from "./modules.js";
import { mounts } from "./mounts.js";
import { node } from "./node.js";
import { opening } from "./opening.js";
import { role } from "./role.js";
import { shm } from "./shm.js";

/** What concerns the host, in the order in which it is told. */
export const HOST_CHECKS: readonly Check[] = [
  node,
  cpu,
  kernel,
  limits,
  environment,
  shm,
  memory,
  modules,
  cxl,
  identity,
  command,
  devices,
  mounts,
];

/** What can be seen of an instance from outside, then whether it opens. */
export const OUTSIDE_CHECKS: readonly Check<[path: string]>[] = [daemon, holders, opening];

/** What concerns the inside of an instance that opens. */
export const INSIDE_CHECKS: readonly Check<[path: string]>[] = [log, role, files, coherence, mapping];
