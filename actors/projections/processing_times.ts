/** Processing times: how long each case took to its latest decision and to its end, by the case's own clock. @module */
import type { Selection } from "../projection.ts";

export const processingTimes: Selection = {
  name: "processing_times",
  of: "cases",
  present: "decided_at",
  columns: [
    "case_id",
    "organization",
    "debt_type",
    "decision",
    "outcome",
    "began_at",
    "analysed_at",
    "decided_at",
    "closed_at",
    "seconds_to_decision",
    "seconds_to_close",
  ],
};
