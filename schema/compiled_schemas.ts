/**
 * The schemas of event data, compiled once by `z.compile`: parsing gives the same result without walking the schema for
 * every event. Data that a compiled schema refuses is parsed by the schema itself, which gives the error messages.
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
  /** Decoded data to what JSON.stringify writes, each amount with two decimals; undefined: `schema` must encode it. */
  encode(data: unknown): Encoded | undefined;
  /** The schema itself. */
  readonly schema: z.ZodType<Data, Encoded>;
}

/** Both forms of a type, compiled at its first use: a process may use few types. */
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
 * The schema that parses decoded data and gives its written form, so that encoding is a parse too: only parsing is
 * compiled. undefined for a schema that can't be reversed by replacing its amounts.
 */
function writingForm(schema: z.ZodType): z.ZodType | undefined {
  if (schema === money) return writtenCents;
  const { def } = schema as z.ZodType & { def: SchemaDefinition };
  switch (def.type) {
    case "string":
    case "number":
    case "enum":
      return schema;
    case "optional":
      return withInner(schema, "innerType", writingForm(def.innerType!));
    case "array":
      return withInner(schema, "element", writingForm(def.element!));
    case "object":
      // A check of the whole object expects decoded data, which the written form is not.
      return def.checks?.length ? undefined : withInner(schema, "shape", writingShape(def.shape!));
    default:
      return undefined;
  }
}

interface SchemaDefinition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly checks?: readonly unknown[];
}

function writingShape(shape: Record<string, z.ZodType>): Record<string, z.ZodType> | undefined {
  const written = Object.entries(shape).map(([field, inner]) => [field, writingForm(inner)] as const);
  return written.some(([, inner]) => inner === undefined)
    ? undefined
    : Object.fromEntries(written) as Record<string, z.ZodType>;
}

function withInner(schema: z.ZodType, name: string, inner: unknown): z.ZodType | undefined {
  return inner === undefined ? undefined : schema.clone({ ...schema.def, [name]: inner } as never);
}
