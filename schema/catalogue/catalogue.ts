/** The catalogue of event types: for each version of each type the JSON Schema of its data, made from the zod schemas. @module */
import { z } from "zod";
import { classOf } from "../authority/types_from_outside.ts";
import type { EventNames } from "../cloudevents/event_names.ts";
import { allEventTypes, type EventType, eventTypes } from "../events.ts";
import recordedText from "./recorded.json" with { type: "json" };

/** As JSON has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** By type, and by version. */
export type Catalogue = Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;

/** What was recorded: the versions of before too, which are still read. */
export const recorded: Catalogue = recordedText;

/** The current version of each type, from the schemas themselves. */
export function currentCatalogue(): Catalogue {
  return Object.fromEntries(
    allEventTypes.map((type) => [type, { [eventTypes[type].version]: schemaOf(type) }]),
  );
}

/** Data as it is sent, and as it is stored: amounts in euros. */
function schemaOf(type: EventType): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(eventTypes[type].schema.shape.data, {
    io: "input",
    reused: "inline",
    unrepresentable: "any",
  });
  return schema;
}

/** All versions that there are: the recorded ones, and the current ones as they are. */
export function mergedCatalogue(before: Catalogue, current: Catalogue): Catalogue {
  const types = [...new Set([...Object.keys(current), ...Object.keys(before)])];
  return Object.fromEntries(types.map((type) => [type, { ...before[type], ...current[type] }]));
}

/** A type of the catalogue, as it is listed. */
interface ListedType {
  readonly type: string;
  readonly version: number;
  /** As a CloudEvent. */
  readonly name: string;
  /** Who brings it: `reported` and `judged` come from outside, `runtime` does not. */
  readonly comes_from: string;
  readonly schema: JsonSchema;
}

/** Every version of every type, in the order of a case's life. */
export function listTypes(names: EventNames): readonly ListedType[] {
  return Object.entries(mergedCatalogue(recorded, currentCatalogue())).flatMap(([type, versions]) =>
    Object.entries(versions).map(([version, schema]) => ({
      ...{ type, version: Number(version), name: names.nameOf(type, Number(version)) },
      ...{ comes_from: classOf(type), schema },
    }))
  );
}

/** The schema of one version, as a document of its own; undefined where there is none. */
export function findSchema(type: string, version: number, id: string): JsonSchema | undefined {
  const versions = Object.entries(mergedCatalogue(recorded, currentCatalogue())).find(([name]) =>
    name === type
  );
  const schema = versions?.[1][String(version)];
  return schema &&
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: id,
      title: `${type} v${version}`,
      ...schema,
    };
}
