/** One case in memory, with the processors of the application and how far the case is by them. @module */
import { processors } from "../../../../actors/application.ts";
import {
  advance,
  type CaseProgress,
  initialProgress,
} from "../../../../actors/reasoning/workflow/progress.ts";
import { CaseRunner } from "../../../../actors/testing/case_runner.ts";
import type { EventType } from "../../../../schema/events.ts";

export const CASE = "case-1";

/** Under the mandate of generated cases the rules alone decide. */
const sourceOf = (type: EventType) => type === "case.intake" ? "simulator" : undefined;

export class CaseRun extends CaseRunner {
  constructor() {
    super(processors, { caseId: CASE, sourceOf });
  }

  get progress(): CaseProgress {
    return this.log.reduce(advance, initialProgress);
  }
}
