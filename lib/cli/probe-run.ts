import { readFileSync, statSync } from "node:fs";
import { realpath, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FamfsError } from "../errors.js";
import type { FamfsFile } from "../instance/file.js";
import type { Instance } from "../instance/instance.js";
import { openInstance } from "../instance/open-instance.js";
import { UsageError } from "./command.js";
import { foreign, Meeting, SIZE } from "./probe-meeting.js";
import { measureSwaps, measureWay, WAYS, type WayFigures } from "./probe-ways.js";
import { cleanUpAtSignal } from "./signals.js";
import { nameIn } from "./target.js";

export interface ProbeOptions {
  readonly file: string;
  readonly role: "first" | "second" | undefined;
  /** Round trips a way. */
  readonly tries: number;
  /** How long to wait for the other, in milliseconds. */
  readonly timeout: number;
  /** Tells the user what goes on. */
  say(text: string): void;
}

/** What a probe found out; the same on both sides. */
export interface ProbeReport {
  readonly file: string;
  readonly sameHost: boolean;
  readonly ways: readonly WayFigures[];
  readonly compareAndSwap: { readonly increments: number; readonly lost: number };
  readonly incoherenceSeen: boolean;
  /** Whether stores arrive at all, with write-back and invalidate. */
  readonly usable: boolean;
  readonly finding: string;
  readonly declare: string;
}

/** Runs one side of a probe. */
export async function runProbe(options: ProbeOptions): Promise<ProbeReport> {
  const path = resolve(options.file);
  const isDevice = statSync(path, { throwIfNoEntry: false })?.isCharacterDevice() ?? false;
  const instance = await openInstance(isDevice ? path : dirname(path), { coherence: "incoherent" });
  try {
    const { file, role, created } = await (isDevice
      ? takeDevice(instance, options.role)
      : takeFile(instance, await nameOfFile(instance, path), options.role));
    const remove = async () => {
      if (created && instance.kind === "tmpfs") await rm(path, { force: true });
    };
    const takeBack = cleanUpAtSignal(remove);
    try {
      return await play(new Meeting(file.map({ length: SIZE }), role, options.timeout), path, options);
    } finally {
      takeBack();
      await remove();
    }
  } finally {
    await instance.close();
  }
}

interface Taken {
  readonly file: FamfsFile;
  readonly role: "first" | "second";
  readonly created: boolean;
}

/** A device is there for both, so nothing tells who came first. */
async function takeDevice(instance: Instance, role: ProbeOptions["role"]): Promise<Taken> {
  if (role === undefined)
    throw new UsageError(
      "a dax device is not created by anyone: pass --as first on one host, --as second on the other",
    );
  const file = await instance.open(basename(instance.path), { access: "read-write" });
  return { file, role, created: false };
}

/** Of a famfs the instance is all of it, whatever folder the file is in. */
async function nameOfFile(instance: Instance, path: string): Promise<string> {
  return join(await nameIn(instance, await realpath(dirname(path))), basename(path));
}

/** Whoever creates the file is the first; who finds it is the second, unless told otherwise. */
async function takeFile(instance: Instance, name: string, wanted: ProbeOptions["role"]): Promise<Taken> {
  if (wanted !== "second") {
    try {
      return { file: await instance.create(name, { size: SIZE }), role: "first", created: true };
    } catch (error) {
      if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_EXISTS") throw error;
    }
  }
  const file = await instance.open(name, { access: "read-write" });
  if (file.size < SIZE) throw foreign();
  return { file, role: wanted ?? "second", created: false };
}

async function play(meeting: Meeting, path: string, { tries, say }: ProbeOptions): Promise<ProbeReport> {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  say(
    meeting.first
      ? `${path}: waiting for the other side; start the same command there`
      : `${path}: answering the first side`,
  );
  const other = await meeting.begin({ bootId, tries });
  const rounds = meeting.first ? tries : other.tries;
  const ways: WayFigures[] = [];
  for (const way of WAYS) ways.push(measureWay(meeting, way, rounds));
  const compareAndSwap = measureSwaps(meeting);
  const mine = report(path, other.bootId === bootId, ways, compareAndSwap);
  return meeting.end(mine);
}

function report(
  file: string,
  sameHost: boolean,
  ways: readonly WayFigures[],
  compareAndSwap: ProbeReport["compareAndSwap"],
): ProbeReport {
  const usable = ways.at(-1)?.seen === ways.at(-1)?.tries;
  const incoherenceSeen = ways.some(({ seen, tries }) => seen < tries) || compareAndSwap.lost > 0;
  const tries = ways.reduce((sum, way) => sum + way.tries, 0);
  return {
    file,
    sameHost,
    ways,
    compareAndSwap,
    incoherenceSeen,
    usable,
    finding: incoherenceSeen ? "incoherence seen" : `no incoherence seen in ${tries} tries`,
    declare: advice(usable, incoherenceSeen, sameHost),
  };
}

function advice(usable: boolean, incoherenceSeen: boolean, sameHost: boolean): string {
  if (!usable)
    return "Do not share this memory: stores did not arrive even with write-back and invalidate. Is it one file on both hosts?";
  if (incoherenceSeen) return 'Declare coherence "incoherent".';
  if (sameHost)
    return 'Both sides ran on one host: declare "coherent" if only this host uses the memory; run it on two hosts otherwise.';
  return 'Declare coherence "incoherent", unless whoever runs the machines says that their memory is coherent: not seen is no proof.';
}
