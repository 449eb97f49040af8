/** Shapes that several answers of the API have. @module */
import { z } from "zod";

export const MOST_ROWS = 500;

/** Of a list that is read page by page. */
export const cursorQuery = {
  limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(50),
  cursor: z.string().max(2_000).optional().describe("next_cursor of the page before"),
};

export const nextCursor = z.string().nullable().describe("of the page behind this one; null at the end");

const time = z.iso.datetime();

export const caseShape = z.object({
  case_id: z.string(),
  version: z.int(),
  latest: z.string(),
  opened_at: time,
  updated_at: time,
  state: z.string(),
  waits_for: z.string(),
  due: z.string().nullable(),
  debt_type: z.string().nullable(),
  organization: z.string().nullable(),
  debt_amount: z.number().nullable(),
}).meta({ title: "Case" });

export const eventShape = z.object({
  position: z.int(),
  version: z.int(),
  recorded_at: time,
  trace_id: z.string().optional(),
  event: z.looseObject({
    event_id: z.string(),
    event_type: z.string(),
    timestamp: time,
    correlation_id: z.string(),
    data: z.looseObject({}),
    metadata: z.looseObject({}),
  }),
}).meta({ title: "StoredEvent", description: "without personal data" });

export const deadLetterShape = z.object({
  processor: z.string(),
  partition: z.int(),
  case_id: z.string(),
  position: z.int(),
  event_id: z.string(),
  event_type: z.string(),
  attempts: z.int(),
  held: z.int(),
  since: time,
  error: z.string(),
}).meta({ title: "DeadLetter" });
