/** Decision: starts what follows a decision, and closes the case where the decision itself does. @module */
import type { DataOf, EventOf } from "../../schema/events.ts";
import type { Context, Handled, Processor } from "../processor.ts";
import { followUp } from "../reasoning/follow_up.ts";

interface State {
  readonly intake: DataOf<"case.intake"> | undefined;
  readonly analysis: DataOf<"case.analysis"> | undefined;
  readonly openedAt: string | undefined;
}

type Folded = EventOf<"case.intake" | "case.analysis" | "case.decision">;

/** Emits `case.completed` for a `case.decision` that closes its case. */
export const decision: Processor<State, "case.decision", "case.intake" | "case.analysis"> = {
  name: "decision",
  version: 1,
  takes: ["case.decision"],
  folds: ["case.intake", "case.analysis"],
  initial: () => ({ intake: undefined, analysis: undefined, openedAt: undefined }),
  evolve(state: State, event: Folded): State {
    const openedAt = state.openedAt ?? event.timestamp;
    if (event.event_type === "case.intake") return { ...state, openedAt, intake: event.data };
    if (event.event_type === "case.analysis") return { ...state, openedAt, analysis: event.data };
    return { ...state, openedAt };
  },
  handle(event: EventOf<"case.decision">, state: State, { now }: Context): Handled {
    const next = followUp(event.data, state.intake, state.analysis, state.openedAt ?? now, now);
    if (next.kind !== "closes") return { events: [] };
    return { events: [{ event_type: "case.completed", data: next.completed }] };
  },
};
