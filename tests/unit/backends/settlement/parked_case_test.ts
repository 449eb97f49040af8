import { assert, assertEquals } from "@std/assert";
import { park } from "../../../../backends/settlement/parked_case.ts";
import type { FailedDelivery } from "../../../../backends/mailbox/mailbox.ts";

Deno.test("a failure that is parked already is not counted again", () => {
  const error = { class: "X", message: "x", at: "2026-01-01T00:00:00.000Z" };
  const failed = (attempt: number): FailedDelivery => ({
    position: 1,
    eventId: "e",
    caseId: "a",
    attempt,
    outcome: { kind: "retry", error, afterMs: 5 },
  });
  const once = park([], failed(1), 10);
  assert(park(once, failed(1), 20) === once);
  assertEquals(park(once, failed(2), 20).map(({ attempts, failures }) => [attempts, failures.length]), [[
    2,
    2,
  ]]);
});
