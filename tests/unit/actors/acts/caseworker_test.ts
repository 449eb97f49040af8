import { assertEquals } from "@std/assert";
import { caseworkerDecision, pendingReview } from "../../../../actors/acts/caseworker.ts";
import { advance, initialProgress } from "../../../../actors/reasoning/workflow/progress.ts";
import { caseworkerText } from "../../../../actors/texts/citizen_texts.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import type { EventType } from "../../../../schema/events.ts";
import { anEvent } from "../../../support/events.ts";

const CASE = "case-1";
const decided = {
  caseId: CASE,
  decision: "forgive",
  reason: "r",
  by: "j.jansen",
  nextSteps: ["act"],
} as const;
const stamp = { event_id: "019b76da-a800-7000-8000-000000000001", timestamp: "2026-01-02T00:00:00.000Z" };

/** A case after these events. */
function progressAfter(...types: EventType[]) {
  return types.map((type, n) => decodeEvent(anEvent(CASE, n + 1, type))).reduce(advance, initialProgress);
}

Deno.test("a case waits for a caseworker from the request of a review until it ends", () => {
  assertEquals(pendingReview(progressAfter("case.intake", "case.analysis")), undefined);
  const waiting = progressAfter("case.intake", "case.analysis", "case.review_requested");
  assertEquals(pendingReview(waiting)?.data.asked_of, "caseworker");
  const withdrawn = advance(waiting, decodeEvent(anEvent(CASE, 4, "case.withdrawn")));
  assertEquals(pendingReview(withdrawn), undefined);
});

Deno.test("a decision with a ground of its own is an event that names it, the claim and who decides", () => {
  const progress = progressAfter("case.intake", "case.analysis");
  const act = caseworkerDecision(progress, { ...decided, source: "Wgs 4" }, stamp);
  assertEquals(act, {
    kind: "decided",
    event: {
      ...stamp,
      event_type: "case.decision",
      correlation_id: CASE,
      data: {
        case_id: CASE,
        decision: "forgive",
        decided_by: "j.jansen",
        reason: "r",
        next_steps: ["act"],
        citizen_text: caseworkerText("forgive"),
        rules: [{ id: "caseworker/ground", version: "1", source: "Wgs 4" }],
        debt_amount: progress.intake!.debt_amount,
      },
      metadata: { schema_version: 1, source: "caseworker" },
    },
  });
});

Deno.test("a decision without a review and without a ground is none", () => {
  const act = caseworkerDecision(progressAfter("case.intake", "case.analysis"), decided, stamp);
  assertEquals(act, { kind: "groundless", state: "analysed" });
});

Deno.test("a case that has ended refuses a decision, and says why", () => {
  const ended = progressAfter("case.intake", "case.analysis", "case.withdrawn", "case.completed");
  const act = caseworkerDecision(ended, { ...decided, source: "Wgs 4" }, stamp);
  assertEquals(act.kind === "refused" && act.reason.startsWith("The case was completed"), true);
});
