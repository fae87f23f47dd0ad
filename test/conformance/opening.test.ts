import type { Participant } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { PATIENCE, stage } from "./stage.js";
import { MODES } from "./subject.js";
import { SUBJECTS } from "./subjects/all.js";

const NOBODY = { patience: PATIENCE };

describe.each(SUBJECTS)("$name", (subject) => {
  const { look, store } = subject;
  const open = (participant: Participant, more?: object) =>
    subject.open(participant, "it", { who: 0, ...NOBODY, ...(more && { more }) });

  test.each(MODES)("on %s memory is opened as what it is, or not at all", async (mode) => {
    const { segment, creator } = await stage(subject, mode, 2);
    const other = SUBJECTS.find(({ kind }) => kind !== subject.kind) ?? subject;
    await other.create(creator, "other");
    for (const source of [segment, creator]) {
      const kinds = [subject.kind, other.kind];
      await expectError("ERR_FAMFS_NOT_FOUND", () => subject.open(source, "nothing", NOBODY), "nothing");
      await expectError("ERR_FAMFS_KIND_MISMATCH", () => subject.open(source, "other", NOBODY), ...kinds);
      await expectError("ERR_FAMFS_KIND_MISMATCH", () => other.open(source, "it", NOBODY), ...kinds);
      if (subject.openWrongly !== undefined)
        await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => subject.openWrongly?.(source, "it"));
    }
    await expectError("ERR_FAMFS_EXISTS", () => subject.create(creator, "it"), "it");
    expect(segment.entries()).toMatchObject([
      { name: "it", kind: subject.kind },
      { name: "other", kind: other.kind },
    ]);
  });

  test.each(MODES)("on %s memory takes no argument of a wrong kind", async (mode) => {
    const { segment, creator } = await stage(subject, mode, 2);
    await expectError(
      "ERR_FAMFS_UNKNOWN_OPTION",
      () => subject.create(creator, "new", { more: { colour: 1 } }),
      "colour",
    );
    for (const participant of [segment, undefined, {}])
      await expectError("ERR_FAMFS_INVALID_TYPE", () => subject.create(participant as Participant, "new"));
    for (const source of [undefined, {}, "it"])
      await expectError("ERR_FAMFS_INVALID_TYPE", () => subject.open(source as Participant, "it", NOBODY));
    for (const name of [7, undefined, {}]) {
      await expectError("ERR_FAMFS_INVALID_TYPE", () => subject.create(creator, name as string));
      await expectError("ERR_FAMFS_INVALID_TYPE", () => subject.open(creator, name as string, NOBODY));
    }
    if (subject.hasOptions !== false)
      await expectError(
        "ERR_FAMFS_UNKNOWN_OPTION",
        () => subject.open(creator, "it", { ...NOBODY, more: { colour: 1 } }),
        "colour",
      );
    expect(segment.entries()).toHaveLength(1);
  });

  test.each(MODES)("on %s memory is only looked at through its segment", async (mode) => {
    const { segment, structure } = await stage(subject, mode, 2);
    const reader = subject.open(segment, "it", NOBODY);
    const nothing = await subject.model().act(look, 0);
    expect(await subject.act(reader, look)).toEqual(nothing);
    expect(await subject.act(structure, look)).toEqual(nothing);
    if (store === undefined) return;
    await expectError("ERR_FAMFS_PERMISSION", async () => subject.act(reader, store));
    expect(await subject.act(reader, look)).toEqual(nothing);
  });

  test.each(MODES)("on %s memory is nothing after its participant left or its segment closed", async (mode) => {
    const { join, segmentOf } = await stage(subject, mode, 2);
    const [participant, segment] = [await join(0), await segmentOf(0)];
    const mine = open(participant);
    if (store !== undefined) await subject.act(mine, store);
    await participant.leave();
    if (store !== undefined) {
      await expectError("ERR_FAMFS_CLOSED", async () => subject.act(mine, store));
      await expectError("ERR_FAMFS_CLOSED", async () => subject.act(open(participant), store));
    }
    await expectError("ERR_FAMFS_CLOSED", () => subject.create(participant, "new"));
    await segment.close();
    for (const action of store === undefined ? [look] : [look, store])
      await expectError("ERR_FAMFS_CLOSED", async () => subject.act(mine, action));
    await expectError("ERR_FAMFS_CLOSED", () => subject.open(segment, "it", NOBODY));
    await expectError("ERR_FAMFS_CLOSED", () => open(participant));
    subject.close?.(mine);
  });

  test("is closed twice, and opened again", async () => {
    const { join } = await stage(subject, "coherent", 2);
    const participant = await join(0);
    for (let time = 0; time < 2; time++) {
      const mine = open(participant);
      if (store !== undefined) await subject.act(mine, store);
      subject.close?.(mine);
      subject.close?.(mine);
    }
  });
});
