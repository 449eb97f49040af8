/** The review queue: cases in which a person is asked to decide. @module */
import type { Selection } from "../projection.ts";

export const reviewQueue: Selection = {
  name: "review_queue",
  of: "cases",
  present: "review_since",
  columns: [
    "case_id",
    "review_since",
    "waits_for",
    "due",
    "review_reasons",
    "review_proposed",
    "organization",
    "debt_type",
    "priority",
    "amount",
    "version",
  ],
};
