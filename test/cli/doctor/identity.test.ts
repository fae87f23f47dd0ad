import { describe, expect, test } from "vitest";
import { examineAfter, find } from "../../support/doctor.js";
import { cannotMount, named } from "../../support/requirements.js";

const UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

/** A script that gives the host a machine id made at one time, and a system UUID for famfs made at another. */
function identity(machineId: string, systemUuid: string, text = UUID): string {
  return `
    mount -t tmpfs tmpfs /opt
    mkdir /opt/famfs
    echo '${text}' >/opt/famfs/system_uuid
    touch -d '${systemUuid}' /opt/famfs/system_uuid
    echo 0123456789abcdef0123456789abcdef >/opt/machine-id
    touch -d '${machineId}' /opt/machine-id
    touch -a /etc/machine-id
    mount --bind /opt/machine-id /etc/machine-id`;
}

describe.skipIf(cannotMount !== undefined)(named("the host's identity", cannotMount), () => {
  test("is told", async () => {
    const report = await examineAfter(identity("2026-01-01", "2026-02-01"));
    expect(find(report, "identity.uuid")).toMatchObject({ level: "ok", text: expect.stringContaining(UUID) as string });
    expect(report.findings.some(({ id }) => id === "identity.clone")).toBe(false);
  });

  test("that is older than the machine id may be a clone's", async () => {
    const report = await examineAfter(identity("2026-03-01", "2026-02-01"));
    expect(find(report, "identity.clone")).toMatchObject({ level: "note", remedy: /two masters/ });
  });

  test("that is no UUID is a warning", async () => {
    const report = await examineAfter(identity("2026-01-01", "2026-02-01", "garbage"));
    expect(find(report, "identity.uuid")).toMatchObject({ level: "warning" });
  });

  test("that does not exist yet is worth a note", async () => {
    const report = await examineAfter("mount -t tmpfs tmpfs /opt");
    expect(find(report, "identity.uuid")).toMatchObject({ level: "note" });
  });
});
