import { type Check, type Finding, note, ok, problem, warning } from "./finding.js";
import { famfsAt, type ListedFamfs } from "./mount.js";
import { type Process, processes } from "./processes.js";
import { field, readText } from "./read.js";

/** linux/capability.h: a process needs it to open the devices of a famfs in the kernel. */
const CAP_SYS_RAWIO = 17n;

/** The daemon of a famfs of the FUSE kind: is it there, does it run, may it do what it must? */
export const daemon: Check<[path: string]> = {
  name: "daemon",
  async look(path) {
    const mount = await famfsAt(path);
    if (mount?.kind !== "famfs-fuse") return [];
    const found = processes().find((process) => serves(process, mount));
    if (found === undefined) return [unseen(mount)];
    return [running(found, mount), ...capability(found)];
  },
};

/** famfs mount starts it under the name of the device, with `-o daxdev=<device>,shadow=…` and the mount point. */
function serves({ args }: Process, { source, paths }: ListedFamfs): boolean {
  return args.some((arg) => arg.split(",").includes(`daxdev=${source}`)) && args.some((arg) => paths.includes(arg));
}

function unseen({ path, source }: ListedFamfs): Finding {
  return note(
    "daemon.alive",
    `no process is seen that serves ${path} (famfs_fused with daxdev=${source}): it ended, or runs in another container`,
    `if files cannot be opened: umount ${path} and mount it again; programs that have files mapped go on meanwhile`,
  );
}

function running({ pid }: Process, { path }: ListedFamfs): Finding {
  const state = field(readText(`/proc/${pid}/status`) ?? "", "State") ?? "gone";
  if (!/^[TtZX]|^gone/.test(state)) return ok("daemon.alive", `the daemon runs, process ${pid}`);
  return problem(
    "daemon.alive",
    `the daemon, process ${pid}, does not run: ${state}; calls on ${path} wait for it`,
    state.startsWith("Z") ? `umount ${path} and mount it again` : `kill -CONT ${pid}, or find who stopped it`,
  );
}

function capability({ pid }: Process): Finding[] {
  const effective = field(readText(`/proc/${pid}/status`) ?? "", "CapEff");
  if (effective === undefined || !/^[\da-f]+$/i.test(effective)) return [];
  if ((BigInt(`0x${effective}`) >> CAP_SYS_RAWIO) & 1n)
    return [ok("daemon.capability", "the daemon has CAP_SYS_RAWIO, which opening a dax device needs")];
  return [
    warning(
      "daemon.capability",
      `the daemon, process ${pid}, lacks CAP_SYS_RAWIO: the kernel lets it open no dax device, so files cannot be mapped`,
      "start it as root, in a container with --cap-add SYS_RAWIO",
    ),
  ];
}
