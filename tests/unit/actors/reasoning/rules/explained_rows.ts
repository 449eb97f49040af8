/** What every reviewed table of rules must say of its rows. @module */
import { assert } from "@std/assert";
import type { Row } from "../../../../../actors/reasoning/rules/rule_engine.ts";

interface ExplainedTable {
  readonly id: string;
  readonly rows: readonly Pick<Row<never, never>, "id" | "sources" | "reason" | "reason_nl">[];
}

/** Every row has a source, and a reason of more than a word in both languages. */
export function assertExplained(tables: readonly ExplainedTable[]): void {
  assert(tables.length > 0 && tables.every(({ rows }) => rows.length > 0), "there are rows");
  for (const { id, rows } of tables) {
    for (const { id: rowId, sources, reason, reason_nl } of rows) {
      assert(sources.length > 0, `${id}/${rowId} has no source`);
      for (const text of [reason, reason_nl]) assert(text.length > 10, `${id}/${rowId}: "${text}"`);
    }
  }
}
