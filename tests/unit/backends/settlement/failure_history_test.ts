import { assertEquals, assertMatch } from "@std/assert";
import { appendFailure, KEPT_FIRST, KEPT_LAST } from "../../../../backends/settlement/failure_history.ts";
import type { Failure } from "../../../../backends/mailbox/mailbox.ts";
import { functionFiles } from "../../../../schema/postgres/sql_files.ts";

const KEPT = KEPT_FIRST + KEPT_LAST;

/** The failures that are kept of this many attempts, each by its number. */
function keptOf(attempts: number): readonly string[] {
  const failures = Array.from({ length: attempts }, (_, i) => ({
    class: "DeliveryTimeout",
    message: `attempt ${i + 1}`,
    at: "2026-01-15T10:00:00Z",
  }));
  return failures.reduce<readonly Failure[]>(appendFailure, []).map(({ message }) => message);
}

Deno.test("every failure is kept, in order, as long as there are few", () => {
  assertEquals(keptOf(KEPT), Array.from({ length: KEPT }, (_, i) => `attempt ${i + 1}`));
});

Deno.test("of many failures the first 5 and the last 15 are kept", () => {
  for (const attempts of [21, 22, 100]) {
    const last = Array.from({ length: 15 }, (_, i) => attempts - 14 + i);
    assertEquals(keptOf(attempts), [1, 2, 3, 4, 5, ...last].map((n) => `attempt ${n}`));
  }
});

Deno.test("SQL keeps as many failures of a delivery as TypeScript does", () => {
  const { sql } = functionFiles.find(({ name }) => name === "trim_failures")!;
  const all = KEPT_FIRST + KEPT_LAST;
  assertMatch(sql, new RegExp(`jsonb_array_length\\(p_failures\\) <= ${all} then`));
  assertMatch(
    sql,
    new RegExp(`f\\.n <= ${KEPT_FIRST} or f\\.n > jsonb_array_length\\(p_failures\\) - ${KEPT_LAST}$`, "m"),
  );
});
