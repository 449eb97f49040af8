/** The data of events by which cases reach each other: only the runtime makes them. @module */
import { z } from "zod";
import { caseIdSchema, shortText } from "../event_fields.ts";

/** An event for another case, kept in the case of its sender until the runtime has forwarded it. */
export const addressedData = z.looseObject({
  case_id: caseIdSchema,
  /** The case it is for. */
  to: caseIdSchema,
  event_type: shortText,
  schema_version: z.int().min(1),
  /** Its data as it is stored. */
  data: z.looseObject({}),
});

/** A workflow of another case starts one in this case, and waits for its end. */
export const childStartedData = z.looseObject({
  case_id: caseIdSchema,
  /** The workflow that starts here. */
  workflow: shortText,
  /** The case that waits, and where: its workflow, and the state that waits. */
  parent: caseIdSchema,
  parent_workflow: shortText,
  wait: shortText,
});

/** The workflow that was started in another case has come to an end. */
export const childEndedData = z.looseObject({
  case_id: caseIdSchema,
  /** The case in which it ran. */
  child: caseIdSchema,
  workflow: shortText,
  /** The name of its end. */
  outcome: shortText,
  /** What waits for it in this case. */
  parent_workflow: shortText,
  wait: shortText,
});
