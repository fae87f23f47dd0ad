import { describePlace } from "../../segment/place.js";
import { amount, grouped, printable, table } from "../output.js";
import type { ShownHost } from "./hosts.js";
import type { Told } from "./inspector.js";
import type { ShownParticipant } from "./participants.js";
import { problemWords } from "./problem.js";
import type { ShownStructure } from "./structures.js";
import { shownText } from "./value-text.js";

/** What `famfs-node inspect` shows, for people. */
export function inspectText(told: Told): string {
  return joined([
    headerText(told),
    hostsText(told.hosts),
    participantsText(told.participants),
    structuresText(told),
    ...valuesAndSchemas(told),
  ]);
}

/** The same with what changes first, for a terminal that may have too few lines for all. */
export function liveText(told: Told): string {
  const [values = "", ...schemas] = valuesAndSchemas(told);
  return joined([
    participantsText(told.participants),
    values,
    structuresText(told),
    hostsText(told.hosts),
    headerText(told),
    ...schemas,
  ]);
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}

function valuesAndSchemas({ structures }: Told): string[] {
  return [structures.map(shownText).join(""), ...structures.map(schemaText)];
}

function headerText({ path, kind, header, free }: Told): string {
  const { version, compatible, coherence, lineSize, writerSpacing, byteSize, epoch, place } = header;
  const features = compatible === 0 ? "no optional features" : `optional features 0x${compatible.toString(16)}`;
  return table([
    ["segment", printable(path)],
    ["kind", kind],
    ["format", `version ${version}, ${features}`],
    ["coherence", coherence],
    ["lines", `${lineSize} bytes; different writers ${writerSpacing} bytes apart`],
    ["size", `${grouped(byteSize)} bytes (${amount(byteSize)})`],
    [
      "room",
      `${header.hosts} hosts of ${header.participantsPerHost} participants and ${header.entriesPerHost} entries`,
    ],
    ["free", `${amount(free)} behind the last structure`],
    ["epoch", String(epoch)],
    ["place", printable(describePlace(place))],
  ]);
}

function hostsText(hosts: readonly ShownHost[]): string {
  if (hosts.length === 0) return "no host has joined yet\n";
  const rows = hosts.map(({ host, bootCount, machineId, bootId, entries, problem }) => [
    String(host),
    numberText(bootCount),
    numberText(entries),
    problem === undefined ? (machineId ?? "-") : problemWords(problem),
    bootId ?? "-",
  ]);
  return table([["HOST", "TAKEN", "ENTRIES", "MACHINE", "BOOT"], ...rows], [0, 1, 2]);
}

const UNKNOWN = "alive or silent";

function participantsText(participants: readonly ShownParticipant[]): string {
  if (participants.length === 0) return "";
  const rows = participants.map((one) => [
    String(one.host),
    String(one.slot),
    numberText(one.incarnation),
    one.problem === undefined ? (one.standing === "unknown" ? UNKNOWN : (one.standing ?? "-")) : "damaged",
    heartbeatText(one),
    one.lease === undefined ? "-" : `${one.lease / 1000} s`,
    processText(one),
    one.joinedAt ?? "-",
    one.problem === undefined ? printable(one.name ?? "-") : problemWords(one.problem),
  ]);
  const head = ["HOST", "SLOT", "INCARNATION", "STANDING", "HEARTBEAT", "LEASE", "PROCESS", "JOINED", "NAME"];
  const unknown = participants.some(({ standing }) => standing === "unknown");
  return table([head, ...rows], [0, 1, 2]) + (unknown ? UNKNOWN_NOTE : "");
}

const UNKNOWN_NOTE =
  "alive or silent: one look does not tell. Silent is whose heartbeat stands still for its lease; --watch looks again.\n";

function heartbeatText({ heartbeat, stillFor = 0, standing }: ShownParticipant): string {
  if (heartbeat === undefined) return "-";
  if (standing === "alive") return `${heartbeat}, moves`;
  return stillFor >= 100 ? `${heartbeat}, still for ${(stillFor / 1000).toFixed(1)} s` : String(heartbeat);
}

function processText({ pid, thread }: ShownParticipant): string {
  if (pid === undefined) return "-";
  return thread ? `${pid}, thread ${thread}` : String(pid);
}

function structuresText({ structures, participants, problems }: Told): string {
  const hidden = problems.map((problem) => `damaged: ${problemWords(problem)}\n`).join("");
  if (structures.length === 0) return `no structures\n${hidden}`;
  const rows = structures.map((one) => [
    one.state,
    `${printable(one.kind ?? "-")}${one.version === undefined ? "" : ` ${one.version}`}`,
    numberText(one.capacity),
    one.offset === undefined ? "-" : `0x${one.offset.toString(16)}`,
    numberText(one.length),
    makerText(one, participants),
    one.name === undefined ? `entry ${one.entry} of host ${one.host}` : printable(one.name),
  ]);
  return table([["STATE", "KIND", "CAPACITY", "OFFSET", "LENGTH", "MADE BY", "NAME"], ...rows], [2, 3, 4]) + hidden;
}

/** The name, while its participant has the slot. */
function makerText({ host, slot, incarnation }: ShownStructure, participants: readonly ShownParticipant[]): string {
  if (slot === undefined) return "-";
  const maker = participants.find((one) => one.host === host && one.slot === slot && one.incarnation === incarnation);
  const name = maker?.name ? ` ${printable(maker.name)}` : "";
  return `host ${host} slot ${slot}/${incarnation}${name}`;
}

function schemaText({ name, schema, fingerprint }: ShownStructure): string {
  if (name === undefined || schema === undefined || fingerprint === undefined) return "";
  const lines = schema.split("\n").map((line) => `  ${printable(line)}\n`);
  return `schema of ${printable(name)}, fingerprint ${fingerprint}\n${lines.join("")}`;
}

function numberText(value: number | undefined): string {
  return value === undefined ? "-" : String(value);
}
