export type { RuleReport } from "../memory/simulated.js";
export { atFailPoint } from "./fail-points.js";
export { type SimulateHostsOptions, Simulation, simulateHosts } from "./simulate-hosts.js";
export { joinSimulation, SimulatedHost } from "./simulated-host.js";
export { leaveOut, stepsSeen } from "./steps.js";
export { stopProcess } from "./stop-process.js";
