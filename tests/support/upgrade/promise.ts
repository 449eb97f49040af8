/** What is promised from one version of the schema to another. @module */
import type { WantedSchema } from "../../../backends/postgres/setup/schema_state.ts";
import { servesProgram } from "../../../backends/primitives/store_version.ts";
import { hashOf, servesFrom } from "../../../schema/postgres/schema_text.ts";

/** Why programs of these schemas can't share a store; undefined where they can. */
export function whyNotSideBySide(older: WantedSchema, newer: WantedSchema): string | undefined {
  const [from, to] = [older.changes.at(-1)!, newer.changes.at(-1)!];
  const isEdited = older.changes.some(({ sql }, i) => newer.changes[i]?.sql !== sql);
  const isReplaced = from.number === to.number && hashOf(older.functions) !== hashOf(newer.functions);
  if (isEdited || isReplaced) return `Version ${from.number} of the schema was edited, as no released one is`;
  if (servesProgram({ version: to.number, servesFrom: servesFrom(to) }, from.number)) return undefined;
  return `Version ${to.number} of the schema does not serve version ${from.number}`;
}
