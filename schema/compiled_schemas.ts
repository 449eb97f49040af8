/**
 * The schemas of data, compiled once (`z.compile`): what zod would say, without walking a schema for every event. zod
 * stays the authority: whatever a compiled form refuses is asked of the schema itself, which finds the words.
 * @module
 */
import { z } from "zod";
import { type CaseEvent, type EventType, eventTypes } from "./events.ts";
import { centsSchema, money, writtenAmount } from "./money.ts";

type Data = CaseEvent["data"];
type Encoded = Record<string, unknown>;
type Result<T> =
  | { success: true; data: T; error?: never }
  | { success: false; data?: never; error: z.ZodError };

/** The data of one type, both ways. */
export interface DataForms {
  /** Data as JSON has it to data decoded. */
  decode(data: unknown): Result<Data>;
  /** Data decoded to what JSON.stringify writes with two decimals to each amount; undefined: ask `schema`. */
  encode(data: unknown): Encoded | undefined;
  /** The authority. */
  readonly schema: z.ZodType<Data, Encoded>;
}

/** Both forms of every type. They are compiled when a type is first met: a process may meet few. */
export function dataForms(type: EventType): DataForms {
  return known[type] ??= formsOf(eventTypes[type].schema.shape.data as unknown as z.ZodType<Data, Encoded>);
}

const known: Partial<Record<EventType, DataForms>> = {};

function formsOf(schema: z.ZodType<Data, Encoded>): DataForms {
  const decoder = z.compile(schema);
  const writing = writingForm(schema);
  const encoder = writing && z.compile(writing);
  return {
    schema,
    decode: (data) => decoder.safeParse(data),
    encode(data) {
      const encoded = encoder?.safeParse(data);
      return encoded?.success ? encoded.data as Encoded : undefined;
    },
  };
}

const writtenCents = centsSchema.transform(writtenAmount);

/**
 * The schema that takes what `schema` decodes to and gives what is written, so that encoding is a parse too (only those
 * are compiled). undefined for what can't be turned around by replacing its amounts.
 */
function writingForm(schema: z.ZodType): z.ZodType | undefined {
  if (schema === money) return writtenCents;
  const { def } = schema as z.ZodType & { def: Parts };
  switch (def.type) {
    case "string":
    case "number":
    case "enum":
      return schema;
    case "optional":
      return withPart(schema, "innerType", writingForm(def.innerType!));
    case "array":
      return withPart(schema, "element", writingForm(def.element!));
    case "object":
      // A check of the whole sees decoded data, which the written form is not.
      return def.checks?.length ? undefined : withPart(schema, "shape", writingShape(def.shape!));
    default:
      return undefined;
  }
}

interface Parts {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly checks?: readonly unknown[];
}

function writingShape(shape: Record<string, z.ZodType>): Record<string, z.ZodType> | undefined {
  const written = Object.entries(shape).map(([field, part]) => [field, writingForm(part)] as const);
  return written.some(([, part]) => part === undefined)
    ? undefined
    : Object.fromEntries(written) as Record<string, z.ZodType>;
}

function withPart(schema: z.ZodType, name: string, part: unknown): z.ZodType | undefined {
  return part === undefined ? undefined : schema.clone({ ...schema.def, [name]: part } as never);
}
