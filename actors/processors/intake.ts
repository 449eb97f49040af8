/** Intake: assesses a case that came in. @module */
import type { EventOf } from "../../schema/events.ts";
import type { HandlerContext, HandlerResult, Processor } from "../processor.ts";
import { assess } from "../reasoning/decision/assessment.ts";

/** Emits `case.analysis` for every `case.intake`. */
export const intake: Processor<null, "case.intake", never> = {
  name: "intake",
  version: 1,
  takes: ["case.intake"],
  folds: [],
  initial: () => null,
  evolve: (state) => state,
  handle(event: EventOf<"case.intake">, _state: null, _context: HandlerContext): HandlerResult {
    const data = assess(event.data, event.metadata, event.timestamp);
    return { events: [{ event_type: "case.analysis", data }] };
  },
};
