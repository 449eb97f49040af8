/** What of a catalogue breaks those who send or read events by the one before, under the same version. Pure. @module */
import type { Catalogue, JsonSchema } from "./catalogue.ts";

/** A change, by the place in the data where it is. */
interface SchemaChange {
  readonly where: string;
  readonly before: JsonSchema;
  readonly after: JsonSchema;
}

/** One line for each change that breaks. A new version of a type may differ as it likes: older data is upcast to it. */
export function breakingChanges(before: Catalogue, after: Catalogue): string[] {
  return Object.entries(before).flatMap(([type, versions]) => {
    const current = after[type];
    if (current === undefined) return [`${type}: is gone`];
    return Object.entries(versions).flatMap(([version, schema]) => {
      const now = current[version];
      if (now !== undefined) {
        return schemaChanges({ where: `${type} v${version}`, before: schema, after: now });
      }
      const isOlder = Object.keys(current).some((each) => Number(each) > Number(version));
      return isOlder ? [] : [`${type} v${version}: is gone, and no later version is there`];
    });
  });
}

function schemaChanges(change: SchemaChange): string[] {
  return [...ofKind(change), ...ofBounds(change), ...ofFields(change), ...ofItems(change)];
}

const FORMS = ["type", "format", "pattern", "const", "anyOf", "oneOf"];

/** Another type, another form of text, or a word less to choose from. */
function ofKind({ where, before, after }: SchemaChange): string[] {
  const changed = FORMS.filter((rule) =>
    after[rule] !== undefined && JSON.stringify(before[rule]) !== JSON.stringify(after[rule])
  );
  const words = (after.enum ?? before.enum ?? []) as readonly unknown[];
  const lost = ((before.enum ?? []) as readonly unknown[]).filter((word) => !words.includes(word));
  const narrowed = before.enum === undefined && after.enum !== undefined
    ? [`${where}: takes some words alone`]
    : [];
  return [
    ...changed.map((rule) => `${where}: has another ${rule}`),
    ...lost.map((word) => `${where}: takes ${JSON.stringify(word)} no more`),
    ...narrowed,
  ];
}

const LOWER_BOUNDS = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
const UPPER_BOUNDS = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];

/** A bound that takes less than before. */
function ofBounds({ where, before, after }: SchemaChange): string[] {
  const isTighter = (rule: string, sign: 1 | -1) =>
    after[rule] !== undefined &&
    (before[rule] === undefined || sign * (after[rule] as number) > sign * (before[rule] as number));
  return [
    ...LOWER_BOUNDS.filter((rule) => isTighter(rule, 1)),
    ...UPPER_BOUNDS.filter((rule) => isTighter(rule, -1)),
  ].map((rule) => `${where}: has a tighter ${rule}`);
}

/** Who sends must send what is needed now; who reads counts on what was there. */
function ofFields({ where, before, after }: SchemaChange): string[] {
  const [old, current] = [fieldsOf(before), fieldsOf(after)];
  const [needed, needs] = [requiredOf(before), requiredOf(after)];
  return [
    ...needs.filter((name) => !needed.includes(name)).map((name) => `${where}.${name}: is needed now`),
    ...needed.filter((name) => !needs.includes(name)).map((name) => `${where}.${name}: may be missing now`),
    ...Object.entries(old).flatMap(([name, schema]) =>
      current[name] === undefined
        ? [`${where}.${name}: is gone`]
        : schemaChanges({ where: `${where}.${name}`, before: schema, after: current[name] })
    ),
  ];
}

function ofItems({ where, before, after }: SchemaChange): string[] {
  if (typeof before.items !== "object" || typeof after.items !== "object") return [];
  return schemaChanges({
    where: `${where}[]`,
    before: before.items as JsonSchema,
    after: after.items as JsonSchema,
  });
}

function fieldsOf({ properties }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (properties ?? {}) as Readonly<Record<string, JsonSchema>>;
}

function requiredOf({ required }: JsonSchema): readonly string[] {
  return (required ?? []) as readonly string[];
}
