import { type Check, type Finding, note, ok, warning } from "./finding.js";
import { famfsAt } from "./mount.js";
import { holdersOf, processes } from "./processes.js";

/** Who besides famfs has the dax device. */
export const holders: Check<[path: string]> = {
  name: "holders",
  async look(path) {
    const mount = await famfsAt(path);
    const device = mount?.source ?? path;
    if (!/^\/dev\/dax\d/.test(device)) return [];
    const { holders, unseen } = holdersOf(device);
    const daemons = new Set(
      processes().flatMap(({ pid, args }) => (args.some((arg) => arg.includes(`daxdev=${device}`)) ? [pid] : [])),
    );
    const others = holders.filter(({ pid }) => !daemons.has(pid));
    const names = others.map(({ pid, name, how }) => `${name} (process ${pid}, has it ${how})`).join(", ");
    return [found(device, names, mount !== undefined), ...hidden(device, unseen)];
  },
};

function found(device: string, names: string, mounted: boolean): Finding {
  if (names === "") return ok("holders.device", `no process that can be seen has ${device} itself`);
  if (!mounted)
    return note(
      "holders.device",
      `${device} is used by ${names}`,
      "share it only with programs that keep to one layout",
    );
  return warning(
    "holders.device",
    `${device} is mounted as a famfs and used besides by ${names}: whatever that stores may destroy the famfs`,
    "end it, or unmount the famfs first",
  );
}

function hidden(device: string, unseen: number): Finding[] {
  if (unseen === 0) return [];
  const text = `${unseen} ${unseen === 1 ? "process" : "processes"} could not be looked into for ${device}`;
  return [
    note("holders.unseen", text, process.getuid?.() === 0 ? undefined : "run as root to see those of other users"),
  ];
}
