/** What is compiled agrees with zod, on what is valid and on what is not. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { z } from "zod";
import { dataForms } from "../../../schema/compiled_schemas.ts";
import { encodeData } from "../../../schema/codec.ts";
import { allEventTypes, eventTypes } from "../../../schema/events.ts";
import { type Cents, formatEuros, MAX_CENTS, writtenAmount } from "../../../schema/money.ts";

/** Values that some leaf takes, and values at the edge of what it takes or beyond. */
const texts = [
  "x",
  "123456782",
  "2026-02-28",
  "2026-02-28T23:00:00Z",
  "019b76da-a800-7000-8000-000000000001",
];
const numbers = [0, 1, 2, 36, 0.5, 50, 1250, 1250.5, 99.99];
const unusual = [
  "",
  "a\tb",
  "x".repeat(5000),
  "2026-02-31",
  -1,
  0.001,
  37.5,
  1e12,
  NaN,
  null,
  true,
  undefined,
  [],
  {},
];

type Fits = (schema: z.ZodType, value: unknown) => boolean;
const decodes: Fits = (schema, value) => schema.safeParse(value).success;
const encodes: Fits = (schema, value) => schema.safeEncode(value).success;

/** Mostly what the schema takes, and now and then what it may not take. */
function near(schema: z.ZodType, fits: Fits): fc.Arbitrary<unknown> {
  const arbitrary = fc.constantFrom<unknown>(...unusual, ...texts, ...numbers);
  return fc.oneof({ weight: 60, arbitrary: inside(schema, fits) }, { weight: 1, arbitrary });
}

function inside(schema: z.ZodType, fits: Fits): fc.Arbitrary<unknown> {
  const def = schema.def as {
    type: string;
    innerType?: z.ZodType;
    element?: z.ZodType;
    entries?: Record<string, string>;
    shape?: Record<string, z.ZodType>;
  };
  if (def.type === "optional") return fc.option(near(def.innerType!, fits), { nil: undefined });
  if (def.type === "array") return fc.array(near(def.element!, fits), { maxLength: 3 });
  if (def.type === "object") return record(def.shape!, fits);
  const known = Object.values(def.entries ?? {});
  return fc.constantFrom<unknown>(...[...known, ...texts, ...numbers].filter((value) => fits(schema, value)));
}

function record(shape: Record<string, z.ZodType>, fits: Fits): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(shape).map(([field, schema]) => [field, near(schema, fits)]),
  );
  const required = Object.keys(shape).filter((field) => shape[field]!.def.type !== "optional");
  const extra = fc.dictionary(fc.constantFrom("n", "__proto__", "other"), fc.jsonValue(), { maxKeys: 2 });
  return fc.tuple(extra, fc.record(fields, { requiredKeys: required })).map(([more, named]) => ({
    ...more,
    ...named,
  }));
}

for (const type of allEventTypes) {
  const schema = eventTypes[type].schema.shape.data as unknown as z.ZodType<never, Record<string, unknown>>;

  Deno.test(`the data of a ${type} is decoded as zod does, refused as zod does and in its words`, () => {
    let valid = 0;
    fc.assert(fc.property(near(schema, decodes), (data) => {
      const [ours, zods] = [dataForms(type).decode(data), schema.safeParse(data)];
      assertEquals(ours.success, zods.success);
      assertEquals(ours.error?.issues, zods.error?.issues);
      assertEquals(ours.data, zods.data);
      assertEquals(JSON.stringify(ours.data), JSON.stringify(zods.data));
      valid += Number(ours.success);
    }));
    assert(valid > 10, `only ${valid} were valid`);
  });

  Deno.test(`the data of a ${type} is encoded as zod does, refused as zod does and in its words`, () => {
    let valid = 0;
    fc.assert(fc.property(near(schema, encodes), (data) => {
      const zods = schema.safeEncode(data as never);
      const ours = attempt(() => encodeData(type, data as never));
      assertEquals(ours.success, zods.success);
      if (!zods.success) return assertEquals(ours.problems.length, zods.error.issues.length);
      assertEquals(JSON.parse(JSON.stringify(ours.data)), JSON.parse(JSON.stringify(zods.data)));
      assert(dataForms(type).encode(data) !== undefined);
      valid++;
    }));
    assert(valid > 10, `only ${valid} were valid`);
  });
}

function attempt(encode: () => unknown) {
  try {
    return { success: true, data: encode(), problems: [] };
  } catch (error) {
    return { success: false, problems: (error as { problems: string[] }).problems };
  }
}

Deno.test("an amount is written with two decimals, whatever it is", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: MAX_CENTS }), (value) => {
    const amounts = [value, value % 1000, value - value % 100] as Cents[];
    for (const each of amounts) {
      assertEquals(JSON.stringify({ a: writtenAmount(each) }), `{"a":${formatEuros(each)}}`);
    }
  }));
});
