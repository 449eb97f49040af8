/** What a selftest takes for a case that went through. @module */
import { assertStringIncludes, assertThrows } from "@std/assert";
import { requireComplete } from "../../../../../console/commands/selftest/run.ts";
import { CommandError } from "../../../../../console/cli/exit_codes.ts";

const events = { "case.intake": 1, "case.analysis": 1, "case.decision": 1, "case.completed": 1 };
const ledger = {
  ...{ balanced: true, accepted: 1, completed: 1, inReview: 0, inProgress: 0, parked: 0, dead: 0 },
  ...{ lost: [], duplicated: [], reordered: [] },
};

Deno.test("a case that was completed, with a ledger that balances, passes", () => {
  requireComplete({ events, ledger, dead: 0 });
});

Deno.test("a case that is lost, doubled, dead or not at its end fails with its history", () => {
  const history = "case.intake → case.analysis → case.decision → case.completed";
  const wrong = [
    [{ ledger: { ...ledger, balanced: false, duplicated: ["a-1"] } }, '"duplicated":["a-1"]'],
    [{ ledger: { ...ledger, completed: 0, inProgress: 1 } }, "was not completed"],
    [{ dead: 1 }, "is a dead letter"],
  ] as const;
  for (const [part, reason] of wrong) {
    const error = assertThrows(
      () => requireComplete({ events, ledger, dead: 0, ...part }),
      CommandError,
      reason,
    );
    assertStringIncludes(error.message, history);
  }
});
