import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examine, find } from "../../support/doctor.js";
import { named, notRoot } from "../../support/requirements.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** A folder with a command famfs that does this. */
function commandIn(script: string): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "famfs"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

const path = (folder: string) => `${folder}:${process.env["PATH"]}`;

test("a command that is missing is worth a note, one that was named and is missing a problem", async () => {
  const usual = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_CLI: "", PATH: "/nowhere" } });
  expect(find(usual, "command.runs")).toMatchObject({ level: "note", remedy: /install/ });
  const env = { FAMFS_PATH: "", FAMFS_CLI: "/nowhere/famfs --mock" };
  const chosen = await examine(undefined, { env });
  expect(find(chosen, "command.runs")).toMatchObject({ level: "problem", text: /ERR_FAMFS_CLI_MISSING/ });
});

test("a command that runs is told, as it is named", async () => {
  const folder = commandIn('[ "$1" = -h ]');
  const usual = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_CLI: "", PATH: path(folder) } });
  expect(find(usual, "command.runs")).toMatchObject({ level: "ok", text: /as famfs$/ });
  const chosen = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_CLI: `env  A=1 ${folder}/famfs` } });
  expect(find(chosen, "command.runs")).toMatchObject({ level: "ok", text: new RegExp(`as env A=1 ${folder}/famfs$`) });
});

test("a command that fails or hangs is told", async () => {
  const failing = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_CLI: `${commandIn("exit 3")}/famfs` } });
  expect(find(failing, "command.runs")).toMatchObject({ level: "problem", text: /ERR_FAMFS_CLI_FAILED/ });
  const hanging = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_CLI: `${commandIn("sleep 30")}/famfs` } });
  expect(find(hanging, "command.runs")).toMatchObject({ level: "problem", text: /ERR_FAMFS_CLI_TIMEOUT/ });
});

test.skipIf(notRoot !== undefined)(named("an ordinary user is told what lets it make files", notRoot), async () => {
  const env = { FAMFS_PATH: "", FAMFS_CLI: "", PATH: path(commandIn(":")) };
  const report = await examine(undefined, { env, uid: 65_534 });
  expect(find(report, "command.privilege")).toMatchObject({ level: "note", remedy: /sudo -n famfs/ });
});
