/** The page of events, from their zod schemas. @module */
import { z } from "zod";
import { allEventTypes, eventTypes } from "../../../schema/events.ts";
import { code, page, table } from "./markdown.ts";

/** The part of JSON Schema that the schemas use. */
interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

export function eventPage(): string {
  const first = schemaOf(allEventTypes[0]!);
  return page("Events", "the zod schemas in `schema/`", [
    "An event is an envelope around data of its type. The envelope and its metadata refuse fields that are not listed; " +
    "`data` keeps them. Amounts are euros with at most two decimals. What may be left out when an event is published, " +
    "and what is put in its place, is in [schema/input.ts](../../schema/input.ts).",
    "## Envelope",
    fields({ ...first, properties: { ...first.properties, data: { type: "object" } } }),
    ...allEventTypes.flatMap((type) => [
      `## ${type}`,
      `Version ${eventTypes[type].version} of its data:`,
      fields(schemaOf(type).properties!["data"]!),
    ]),
  ]);
}

function schemaOf(type: (typeof allEventTypes)[number]): JsonSchema {
  return z.toJSONSchema(eventTypes[type].schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
}

function fields(schema: JsonSchema): string {
  return table(["Field", "Type", "Required", "Bounds"], rowsOf(schema, ""));
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, above: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${above}${name}`;
    const inner = schema.items?.properties === undefined ? schema : schema.items;
    const prefix = inner === schema ? `${path}.` : `${path}[].`;
    const row = [code(path), typeOf(schema), required.includes(name) ? "yes" : "", boundsOf(schema)];
    return [row, ...rowsOf(inner, prefix)];
  });
}

function typeOf(schema: JsonSchema): string {
  const { type, items, format } = schema;
  if (schema.const !== undefined || schema.enum !== undefined) return "text";
  if (type === "array") return `list of ${typeOf(items ?? {})}`;
  if (type === "string") return format === undefined ? "text" : format;
  return type ?? "any";
}

function boundsOf(schema: JsonSchema): string {
  const { enum: choices, items, format, pattern } = schema;
  if (choices !== undefined) return choices.map((choice) => code(String(choice))).join(", ");
  if (schema.const !== undefined) return code(String(schema.const));
  const bounds = [
    range(schema.minimum, schema.maximum, ""),
    range(schema.minLength, schema.maxLength, " characters"),
    range(undefined, schema.maxItems, " items"),
    format === undefined && pattern !== undefined ? code(pattern) : "",
    items === undefined ? "" : boundsOf(items),
  ];
  return bounds.filter((bound) => bound !== "").join("; ");
}

/** Bounds that any number of JavaScript keeps are none. */
function range(least: number | undefined, most: number | undefined, unit: string): string {
  const isBound = (n: number | undefined) => n !== undefined && Math.abs(n) < Number.MAX_SAFE_INTEGER;
  if (isBound(least) && isBound(most)) return `${least} to ${most}${unit}`;
  if (isBound(most)) return `at most ${most}${unit}`;
  return isBound(least) ? `at least ${least}${unit}` : "";
}
