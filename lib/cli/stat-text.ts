import type { Extents } from "../instance/famfs/extents.js";
import type { Device } from "../instance/info.js";
import { hex, partsOf } from "./files.js";
import { amount, grouped, printable, table } from "./output.js";
import { groupName, userName } from "./owners.js";
import type { Told } from "./stat.js";

type Row = readonly [label: string, value: string];

/** What `famfs-node stat` found, for people. */
export function statText({ file, instance }: Told): string {
  const rows = [...(file === undefined ? [] : fileRows(file, instance.devices)), ...instanceRows(instance)];
  return table(rows.filter(([, value]) => value !== ""));
}

function fileRows(file: NonNullable<Told["file"]>, devices: readonly Device[]): Row[] {
  const { path, size, mode, symbolic, uid, gid, extents } = file;
  return [
    ["file", printable(path)],
    ["size", bytes(size)],
    ["occupies", occupiedText(file)],
    ["mode", `${mode} ${symbolic}`],
    ["owner", `${userName(uid)} (${uid}), group ${groupName(gid)} (${gid})`],
    ["extents", extents === undefined ? "" : kindText(extents)],
    ...placeRows(extents, devices),
  ];
}

function occupiedText({ occupied, size }: NonNullable<Told["file"]>): string {
  if (occupied === undefined) return "";
  const rounding = occupied > size ? `, of which ${bytes(occupied - size)} are rounding` : "";
  return `${bytes(occupied)} on its devices${rounding}`;
}

function kindText(extents: Extents): string {
  if (extents.kind === "unknown") return "of a kind that this release does not know; the file itself can be used";
  if (extents.kind === "simple") return `simple, ${extents.extents.length}, one after the other`;
  return `interleaved: chunks of ${amount(extents.chunkSize)}, dealt to ${extents.strips.length} strips in turn`;
}

function placeRows(extents: Extents | undefined, devices: readonly Device[]): Row[] {
  return partsOf(extents).map(({ device, offset, length }, i) => {
    const path = devices.find(({ index }) => index === device)?.path;
    const name = path === undefined ? `device ${device}` : `device ${device} (${printable(path)})`;
    return [`  ${i}`, `${name}, ${hex(offset)} to ${hex(offset + length - 1)}, ${amount(length)}`];
  });
}

function instanceRows(instance: Told["instance"]): Row[] {
  const { path, kind, coherence, shadow, uuid, log, kernelAbi, space } = instance;
  return [
    ["instance", printable(path)],
    ["kind", kind],
    ["coherence", coherence],
    ["alignment", `${grouped(instance.mapAlignment)} bytes, of offsets of mappings`],
    ...instance.devices.map((device): Row => [`device ${device.index}`, deviceText(device)]),
    ["shadow", printable(shadow ?? "")],
    ["UUID", uuid ?? ""],
    ["role", roleText(instance)],
    ["log", log === undefined ? "" : `${grouped(log.used)} of ${grouped(log.capacity)} entries used`],
    ["kernel ABI", kernelAbi === undefined ? "" : String(kernelAbi)],
    ["files", filesText(instance)],
    ["space", space === undefined ? "" : `${amount(space.free)} free of ${amount(space.size)}`],
  ];
}

function deviceText({ path, mode, size, uuid }: Device): string {
  const parts = [path ?? "not known on this host", mode && `mode ${mode}`, amount(size), uuid && `UUID ${uuid}`];
  return printable(parts.filter((part) => part !== undefined).join(", "));
}

function roleText({ role, masterUuid }: Told["instance"]): string {
  if (role === undefined) return "";
  return role === "master" ? "master" : `client; the master's system UUID is ${masterUuid}`;
}

function filesText({ files, allListed, bytes: total, occupied }: Told["instance"]): string {
  const placed = occupied > 0 ? `; they occupy ${bytes(occupied)}` : "";
  return `${grouped(files)}, together ${bytes(total)}${placed}${allListed ? "" : "; others this user may not list"}`;
}

function bytes(count: number): string {
  return count < 1024 ? `${count} bytes` : `${grouped(count)} bytes (${amount(count)})`;
}
