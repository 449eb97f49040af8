/** Analysis: decides on an assessed case by the rules, or leaves it to a caseworker. @module */
import type { DataOf, EventOf } from "../../schema/events.ts";
import type { Context, Handled, Processor } from "../processor.ts";
import { decide } from "../reasoning/decide.ts";
import { Reject } from "../processor.ts";

interface State {
  readonly intake: DataOf<"case.intake"> | undefined;
}

/** Emits `case.decision` for a `case.analysis` that the rules may decide. */
export const analysis: Processor<State, "case.analysis", "case.intake"> = {
  name: "analysis",
  version: 1,
  takes: ["case.analysis"],
  folds: ["case.intake"],
  initial: () => ({ intake: undefined }),
  evolve: (state, event) => event.event_type === "case.intake" ? { intake: event.data } : state,
  handle(event: EventOf<"case.analysis">, { intake }: State, context: Context): Handled {
    if (intake === undefined) throw new Reject("An analysis without an intake before it can't be decided");
    const decision = decide(intake, event.data, context.now);
    if (decision.kind === "caseworker") return { events: [] };
    return { events: [{ event_type: "case.decision", data: decision.data }] };
  },
};
