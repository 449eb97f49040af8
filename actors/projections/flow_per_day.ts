/** Flow per day: how many cases came in, were decided on and were closed, a row a day. @module */
import type { CaseEvent } from "../../schema/events.ts";
import type { Projection, RowOf } from "../projection.ts";
import { dutchDay } from "../reasoning/law/working_days.ts";

/** Events of the day, and the claims that came in. */
const counts = {
  received: "integer",
  analysed: "integer",
  reviews_requested: "integer",
  decided: "integer",
  decided_forgive: "integer",
  decided_payment_plan: "integer",
  decided_collect: "integer",
  decided_refer_assistance: "integer",
  payments: "integer",
  missed: "integer",
  refused: "integer",
  completed: "integer",
  completed_resolved: "integer",
  completed_withdrawn: "integer",
  completed_escalated: "integer",
  reopened: "integer",
  claimed: "money",
  paid: "money",
} as const;
const columns = { day: "date", ...counts } as const;

type Count = keyof typeof counts;
type DayRow = RowOf<typeof columns>;

const names = Object.keys(counts) as Count[];
const NOTHING = Object.fromEntries(names.map((name) => [name, 0])) as Omit<DayRow, "day">;

export const flowPerDay: Projection<typeof columns> = {
  name: "flow_per_day",
  version: 2,
  columns,
  key: ["day"],
  sums: names,
  keyOf: ({ event }) => [dutchDay(event.timestamp)],
  project({ event }, row = { day: dutchDay(event.timestamp), ...NOTHING }) {
    const changed: Partial<Record<Count, number>> = {};
    for (const [name, by] of Object.entries(countsOf(event))) {
      changed[name as Count] = (row[name as Count] ?? 0) + by;
    }
    return { ...row, ...changed };
  },
};

/** What an event adds to its day. */
function countsOf(event: CaseEvent): Partial<Record<Count, number>> {
  switch (event.event_type) {
    case "case.intake":
      return { received: 1, claimed: event.data.debt_amount };
    case "case.analysis":
      return { analysed: 1 };
    case "case.review_requested":
      return { reviews_requested: 1 };
    case "case.decision":
      return { decided: 1, [`decided_${event.data.decision}`]: 1 };
    case "case.payment_received":
      return { payments: 1, paid: event.data.amount };
    case "case.payment_missed":
      return { missed: 1 };
    case "case.event_refused":
      return { refused: 1 };
    case "case.completed":
      return { completed: 1, [`completed_${event.data.outcome}`]: 1 };
    case "case.reopened":
      return { reopened: 1 };
    default:
      return {};
  }
}
