import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { Lines } from "./lines.js";
import { Qmp } from "./qmp.js";
import type { SharedMemory } from "./shared-memory.js";

/** What a machine is made of. */
export interface MachineParts {
  readonly name: string;
  readonly machineId: string;
  /** The kernel's image and first file system. */
  readonly kernel: string;
  readonly initramfs: string;
  readonly memory: SharedMemory;
  /** A folder of this host, writable in the guest. */
  readonly share: string;
  /** The file that gets what the kernel prints. */
  readonly console: string;
  /** What its clock shows at first, as `2030-01-01T00:00:00`. Default: what this host's clock shows. */
  readonly clock?: string | undefined;
}

/** Descriptors of the QEMU process. */
const MEMORY = 3;
const AGENT = 4;
const QMP = 5;

/** One QEMU process. It dies with this one, however that ends. */
export class Machine {
  readonly process: ChildProcess;
  /** The guest's second serial port. */
  readonly agent: Lines;
  readonly qmp: Qmp;
  readonly ended: Promise<void>;
  /** What QEMU itself complained about. */
  complaints = "";

  constructor(parts: MachineParts, onLine: (line: string) => void) {
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...qemuArguments(parts)], {
      stdio: ["ignore", "ignore", "pipe", parts.memory.fd, "pipe", "pipe"],
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.complaints += text;
    });
    const streams = this.process.stdio as readonly unknown[];
    this.agent = new Lines(streams[AGENT] as Duplex, onLine);
    this.qmp = new Qmp(streams[QMP] as Duplex);
    this.ended = new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.process.on("close", () => resolve());
    });
  }

  /** Cuts its power. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

function qemuArguments(parts: MachineParts): string[] {
  const { name, machineId, kernel, initramfs, memory, share, console, clock = "utc" } = parts;
  const shared = "security_model=none,multidevs=remap";
  return [
    ...["-machine", "q35,nvdimm=on", "-accel", "tcg,thread=multi", "-cpu", "max"],
    // With one CPU, TCG does not make atomic instructions atomic between guests.
    ...["-smp", "2", "-m", "1G,slots=2,maxmem=32G"],
    ...["-nodefaults", "-nographic", "-no-reboot", "-rtc", `base=${clock}`],
    "-object",
    `memory-backend-file,id=memory,share=on,mem-path=/proc/self/fd/${MEMORY},size=${memory.size}`,
    ...["-device", "nvdimm,id=nvdimm,memdev=memory"],
    ...["-virtfs", `local,path=/,mount_tag=root,readonly=on,${shared}`],
    ...["-virtfs", `local,path=${comma(share)},mount_tag=share,${shared}`],
    ...["-chardev", `file,id=console,path=${comma(console)},append=on`, "-serial", "chardev:console"],
    ...["-chardev", `socket,id=agent,fd=${AGENT}`, "-serial", "chardev:agent"],
    ...["-chardev", `socket,id=qmp,fd=${QMP}`, "-mon", "chardev=qmp,mode=control"],
    ...["-kernel", kernel, "-initrd", initramfs],
    ...["-append", kernelArguments(name, machineId)],
  ];
}

function kernelArguments(name: string, machineId: string): string {
  // Time that a guest was stopped, or waited for a CPU, looks like clocks that are broken and like CPUs that hang.
  const stoppable = "tsc=reliable no_timer_check nowatchdog";
  // A kernel changes its code while it boots, and TCG may run what it was for a moment on another CPU: one at first.
  // The second comes when it has booted (guest/init.sh); measuring how long its loops take would take a second.
  const steady = "maxcpus=1 noreplace-smp lpj=10000000 oops=panic panic=-1";
  // The init gets what the kernel does not know as its environment.
  return `console=ttyS0 ${steady} ${stoppable} hostname=${name} MACHINE_ID=${machineId}`;
}

/** In a value of an option a comma is written twice. */
function comma(value: string): string {
  return value.replaceAll(",", ",,");
}
