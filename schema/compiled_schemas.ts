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
  const writing = formOf(schema, WRITTEN);
  const encoder = writing && z.compile(writing);
  // A check of a whole object expects decoded data, which the written form is not: it is asked first.
  const checker = writing && hasChecks(schema) ? z.compile(formOf(schema, CHECKED)!) : undefined;
  return {
    schema,
    decode: (data) => decoder.safeParse(data),
    encode(data) {
      if (checker?.safeParse(data).success === false) return undefined;
      const encoded = encoder?.safeParse(data);
      return encoded?.success ? encoded.data as Encoded : undefined;
    },
  };
}

/** What stands in for amounts, and whether whole objects are checked. */
interface Form {
  readonly amount: z.ZodType;
  readonly isChecked: boolean;
}

/** Decoded data to its written form, so that encoding is a parse too: only parsing is compiled. */
const WRITTEN: Form = { amount: centsSchema.transform(writtenAmount), isChecked: false };
/** Decoded data as it is. */
const CHECKED: Form = { amount: centsSchema, isChecked: true };

/** A schema of decoded data in such a form; undefined for one that can't be reversed by replacing its amounts. */
function formOf(schema: z.ZodType, form: Form): z.ZodType | undefined {
  if (schema === money) return form.amount;
  const { def } = schema as z.ZodType & { def: SchemaDefinition };
  switch (def.type) {
    case "string":
    case "number":
    case "enum":
      return schema;
    case "optional":
      return withInner(schema, { innerType: formOf(def.innerType!, form) });
    case "array":
      return withInner(schema, { element: formOf(def.element!, form) });
    case "object": {
      const checks = form.isChecked ? def.checks ?? [] : [];
      return withInner(schema, { shape: shapeOf(def.shape!, form), checks });
    }
    default:
      return undefined;
  }
}

function hasChecks(schema: z.ZodType): boolean {
  const { type, checks, innerType, element, shape } = (schema as z.ZodType & { def: SchemaDefinition }).def;
  const inner = [innerType, element, ...Object.values(shape ?? {})].filter((each) => each !== undefined);
  return type === "object" && (checks?.length ?? 0) > 0 || inner.some(hasChecks);
}

interface SchemaDefinition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly checks?: readonly unknown[];
}

function shapeOf(shape: Record<string, z.ZodType>, form: Form): Record<string, z.ZodType> | undefined {
  const formed = Object.entries(shape).map(([field, inner]) => [field, formOf(inner, form)] as const);
  return formed.some(([, inner]) => inner === undefined)
    ? undefined
    : Object.fromEntries(formed) as Record<string, z.ZodType>;
}

function withInner(schema: z.ZodType, inner: Record<string, unknown>): z.ZodType | undefined {
  const isWhole = Object.values(inner).every((each) => each !== undefined);
  return isWhole ? schema.clone({ ...schema.def, ...inner } as never) : undefined;
}
