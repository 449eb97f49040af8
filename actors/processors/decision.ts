/** Decision: starts what follows a decision, and closes the case where the decision itself does. @module */
import type { DataOf, EventOf } from "../../schema/events.ts";
import { cents } from "../../schema/money.ts";
import type { EventDraft, HandlerContext, HandlerResult, Processor } from "../processor.ts";
import type { Closes, Continues } from "../reasoning/workflow/follow_up.ts";
import {
  accepts,
  advance,
  type CaseProgress,
  followUpOf,
  initialProgress,
} from "../reasoning/workflow/progress.ts";
import { refusalOf } from "../reasoning/workflow/refusal.ts";

const folds = [
  "case.intake",
  "case.analysis",
  "case.review_requested",
  "case.payment_plan_created",
  "case.assistance_accepted",
  "case.payment_received",
  "case.term_expired",
  "case.payment_missed",
  "case.withdrawn",
  "case.completed",
  "case.reopened",
] as const;

/**
 * Emits for a `case.decision`, a person's or the system's: `case.debt_forgiven` (when the amount is known) and `case.completed` to
 * forgive; `case.payment_plan_created`, or `case.review_requested` where no plan fits, for a plan; nothing to collect or
 * to refer, where the terms that start are Follow-up's; `case.event_refused` when the case cannot take it any more.
 */
export const decision: Processor<CaseProgress, "case.decision", (typeof folds)[number]> = {
  name: "decision",
  version: 1,
  takes: ["case.decision"],
  folds,
  initial: () => initialProgress,
  evolve: advance,
  handle(event: EventOf<"case.decision">, before: CaseProgress, _context: HandlerContext): HandlerResult {
    if (!accepts(before, event)) {
      return { events: [{ event_type: "case.event_refused", data: refusalOf(before, event) }] };
    }
    const next = followUpOf(before, event);
    switch (next.kind) {
      case "closes":
        return { events: closing(next) };
      case "needs_review":
        return { events: [{ event_type: "case.review_requested", data: next.review }] };
      case "continues":
        return { events: next.plan ? [planCreated(event.data, next, next.plan)] : [] };
    }
  },
};

function closing({ forgiven, completed }: Closes): EventDraft[] {
  const closed: EventDraft = { event_type: "case.completed", data: completed };
  return forgiven ? [{ event_type: "case.debt_forgiven", data: forgiven }, closed] : [closed];
}

function planCreated(
  { case_id }: DataOf<"case.decision">,
  { missed_at = [] }: Continues,
  { amount, months, instalments, capacity, share }: NonNullable<Continues["plan"]>,
): EventDraft {
  return {
    event_type: "case.payment_plan_created",
    data: {
      case_id,
      amount: cents(amount),
      months,
      instalments: instalments.map(({ due, amount }) => ({ due, amount: cents(amount) })),
      missed_at: [...missed_at],
      ...(capacity === undefined ? {} : { capacity: cents(capacity) }),
      ...(share === undefined ? {} : { share: cents(share) }),
    },
  };
}
