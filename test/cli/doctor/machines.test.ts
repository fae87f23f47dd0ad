import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cedt, csds, fixedWindow } from "../../support/cedt.js";
import { examineAfter, find } from "../../support/doctor.js";
import { cannotMount, named } from "../../support/requirements.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** A script that puts a file in the place of another. */
function replaced(path: string, content: string | Buffer): string {
  const file = join(temporaryFolder(), "content");
  writeFileSync(file, content);
  return `mount --bind ${file} ${path}`;
}

/** A script that fills a folder of the system with these files. */
function filled(folder: string, files: Record<string, string | Buffer>): string {
  const source = temporaryFolder();
  const lines = [`mount -t tmpfs tmpfs ${folder}`];
  Object.entries(files).forEach(([name, content], i) => {
    writeFileSync(join(source, String(i)), content);
    lines.push(`mkdir -p $(dirname ${folder}/${name})`, `cp ${source}/${i} ${folder}/${name}`);
  });
  return lines.join("\n");
}

const TABLES = "/sys/firmware/acpi";

describe.skipIf(cannotMount !== undefined)(named("other machines", cannotMount), () => {
  test("a /dev/shm as small as Docker's is a warning that says how to enlarge it", async () => {
    const report = await examineAfter("mount -t tmpfs -o size=64m tmpfs /dev/shm");
    expect(find(report, "shm.size")).toMatchObject({ level: "warning", remedy: /--shm-size/ });
  });

  test("without a usable /dev/shm the doctor says so and goes on", async () => {
    const report = await examineAfter("mount -t tmpfs -o ro tmpfs /dev/shm");
    expect(find(report, "shm.access")).toMatchObject({ level: "warning", text: /EROFS/ });
    expect(find(report, "memory.shared")).toMatchObject({ level: "note", text: /ERR_FAMFS_PERMISSION/ });
    find(report, "modules.famfs");
  });

  test("few mappings are a warning", async () => {
    const report = await examineAfter(replaced("/proc/sys/vm/max_map_count", "4096\n"));
    expect(find(report, "limits.mappings")).toMatchObject({ level: "warning", text: /4,096/, remedy: /max_map_count/ });
  });

  test.each([
    ["standalone", "nodev\tproc\nnodev\tfamfs\n", undefined, /file system of its own/],
    [
      "inside FUSE",
      "nodev\tproc\n\tfuseblk\nnodev\tfuse\n",
      "0 t fuse_open\t[fuse]\n0 t famfs_fuse_iomap_begin\t[fuse]\n",
      /inside FUSE/,
    ],
    ["absent", "nodev\tproc\nnodev\tfuse\n", "0 t fuse_open\t[fuse]\n", /no famfs: neither/],
    ["not to be seen", "nodev\tproc\nnodev\tfuse\n", "", /cannot be seen/],
    ["absent, as FUSE", "nodev\tproc\n", "", /no FUSE either/],
  ])("famfs of the kernel: %s", async (_, fileSystems, symbols, text) => {
    const scripts = [replaced("/proc/filesystems", fileSystems)];
    if (symbols !== undefined) scripts.push(replaced("/proc/kallsyms", symbols));
    const report = await examineAfter([...scripts, "mount -t tmpfs tmpfs /sys/module"].join("\n"));
    expect(find(report, "modules.famfs").text).toMatch(text);
  });

  test.each([
    ["set", cedt(csds(2)), "ok"],
    ["clear", cedt(csds(0)), "note"],
    ["absent", cedt(), "note"],
  ])("No Clean Writebacks in the firmware's table: %s", async (_, table, level) => {
    const report = await examineAfter(filled(TABLES, { "tables/CEDT": table }));
    expect(find(report, "cxl.clean-writebacks").level).toBe(level);
  });

  test("windows that admit no coherent memory are told", async () => {
    const none = await examineAfter(filled(TABLES, { "tables/CEDT": cedt(fixedWindow(0b1110)) }));
    expect(find(none, "cxl.windows").text).toMatch(/none of the 1 /);
    const one = await examineAfter(filled(TABLES, { "tables/CEDT": cedt(fixedWindow(0b10), fixedWindow(0b11)) }));
    expect(find(one, "cxl.windows").text).toMatch(/1 of 2 /);
  });

  test("dax devices are told with their modes, and how to change one that cannot be shared", async () => {
    const devices = ["device_dax", "fsdev_dax", "kmem", "other"].flatMap((driver, i) => [
      `mkdir -p /sys/bus/dax/devices/dax${i}.0 /sys/bus/dax/drivers/${driver}`,
      `echo 252:${i} >/sys/bus/dax/devices/dax${i}.0/dev`,
      `echo 4294967296 >/sys/bus/dax/devices/dax${i}.0/size`,
      `ln -s /sys/bus/dax/drivers/${driver} /sys/bus/dax/devices/dax${i}.0/driver`,
    ]);
    const report = await examineAfter(["mount -t tmpfs tmpfs /sys/bus/dax", ...devices].join("\n"));
    const found = report.findings.filter(({ id }) => id === "devices.mode");
    expect(found).toMatchObject([
      { level: "ok", text: /^dax0\.0, 4 GiB, no \/dev\/dax0\.0 in this container.*: mode devdax/ },
      { level: "ok", text: /^dax1\.0.*: mode famfs/ },
      { level: "note", text: /^dax2\.0.*: mode system-ram/, remedy: /daxctl reconfigure-device .* dax2\.0$/ },
      { level: "note", text: /^dax3\.0.*: no driver that is known/ },
    ]);
    expect(find(report, "modules.dax").text).toMatch(/drivers device_dax, fsdev_dax, kmem, other$/);
  });

  test("a table that is something else is no error of the doctor", async () => {
    const report = await examineAfter(filled(TABLES, { "tables/CEDT": "garbage" }));
    expect(find(report, "cxl.table").level).toBe("note");
  });
});
