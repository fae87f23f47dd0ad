import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCedt } from "../../../lib/cli/doctor/cedt.js";
import { cedt, csds, fixedWindow } from "../../support/cedt.js";

test.each([
  [0b00, false],
  [0b01, false],
  [0b10, true],
  [0b110, true],
])("the second bit of the system description is No Clean Writebacks: %i", (capabilities, expected) => {
  expect(parseCedt(cedt(csds(capabilities)))?.noCleanWritebacks).toBe(expected);
});

test("a table without a system description does not say", () => {
  expect(parseCedt(cedt(fixedWindow(0b10)))?.noCleanWritebacks).toBeUndefined();
});

test("windows tell whether memory coherent between hosts may be there; structures not known are passed over", () => {
  const unknown = Buffer.from([9, 0, 8, 0, 1, 2, 3, 4]);
  const parsed = parseCedt(cedt(fixedWindow(0b10), unknown, fixedWindow(0b01), csds(0)));
  expect(parsed).toEqual({ noCleanWritebacks: false, windows: [{ admitsCoherent: false }, { admitsCoherent: true }] });
});

test("what is no such table is none", () => {
  expect(parseCedt(Buffer.alloc(0))).toBeUndefined();
  expect(parseCedt(Buffer.from("CEDT"))).toBeUndefined();
  const other = cedt(csds(2));
  other.write("DSDT");
  expect(parseCedt(other)).toBeUndefined();
  expect(parseCedt(cedt(Buffer.from([4, 0, 0, 0, 2, 0, 0, 0])))).toBeUndefined();
  expect(parseCedt(cedt(Buffer.from([4, 0, 9, 0, 2, 0, 0, 0])))).toBeUndefined();
});

test("no bytes make it fail otherwise", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseCedt(cedt(Buffer.from(bytes)));
    }),
  );
});
