import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSchema } from "../../lib/index.js";
import { schemaWithRecords } from "./arbitrary.js";
import { MODES } from "./modes.js";

/** Bytes that a schema does not use must come out as zero, so memory starts with another value. */
const dirty = (size: number) => new Uint8Array(size).fill(0xa5);

describe("random schemas and records", () => {
  test.each(MODES)("a record comes back as it was given, by $mode", ({ view: open }) => {
    fc.assert(
      fc.property(schemaWithRecords(), ({ schema, records }) => {
        const view = open(schema, dirty(schema.size * records.length));
        records.forEach((record, i) => {
          view.moveTo(i * schema.size).assign(record);
        });
        records.forEach((record, i) => {
          expect(view.moveTo(i * schema.size).toObject()).toStrictEqual(record);
          expect(view.viewAt(i * schema.size).toObject()).toStrictEqual(record);
        });
      }),
      { numRuns: 150 },
    );
  });

  test("both ways of making views write the same bytes, field by field too, and so does the schema's text", () => {
    fc.assert(
      fc.property(schemaWithRecords(), ({ schema, records }) => {
        const again = parseSchema(schema.text);
        const results = MODES.flatMap(({ view: open }) =>
          [schema, again].map((type) => {
            const memory = dirty(schema.size * records.length);
            const view = open(type, memory);
            records.forEach((record, i) => {
              view.moveTo(i * schema.size);
              if (i % 2 === 0) view.assign(record);
              else for (const name of Object.keys(record)) view.set({ [name]: record[name] });
            });
            return Buffer.from(memory).toString("hex");
          }),
        );
        expect(new Set(results).size).toBe(1);
      }),
      { numRuns: 150 },
    );
  });

  test("both ways of making views read any bytes to the same values or the same errors", () => {
    const memory = fc.uint8Array({ minLength: 4096, maxLength: 4096, size: "max" });
    const outcome = (read: () => unknown) => {
      try {
        return read();
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(schemaWithRecords(1), memory, ({ schema }, drawn) => {
        const bytes = drawn.slice();
        if (schema.size > bytes.length) return;
        const [a, b] = MODES.map(({ view: open }) => open(schema, bytes)) as [object, object];
        for (const name of ["toObject", ...schema.fields.map((field) => field.name)]) {
          const [x, y] = [a, b].map((view) =>
            outcome(() => {
              const value = (view as Record<string, unknown>)[name];
              if (typeof value === "function") return value.call(view);
              const nested = value as { toObject?: () => unknown };
              return typeof nested === "object" && nested.toObject !== undefined ? nested.toObject() : value;
            }),
          );
          expect(x).toStrictEqual(y);
        }
      }),
      { numRuns: 100 },
    );
  });
});
