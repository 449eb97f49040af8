/** Compiles a definition into an ordinary pure processor, with its chart. @module */
import type { CaseEvent, EventType } from "../../schema/events.ts";
import type { EventDraft, HandlerContext, HandlerResult, Processor, TimerChange } from "../processor.ts";
import { sentTypes } from "./child.ts";
import type { Chart } from "./chart.ts";
import { checkedChart } from "./definition_chart.ts";
import type { Definition, Output } from "./node.ts";
import { initialPlace, type Place, walk } from "./place.ts";

/** A processor with its chart, and where in it a case stands. */
export interface Workflow<S, T extends EventType = EventType, F extends EventType = EventType>
  extends Processor<S, T, F> {
  readonly chart: Chart;
  /** The types that it emits. */
  readonly emits: readonly EventType[];
  /** The name of the state of the chart in which a case stands. */
  at(state: S): string;
}

/** One timer a case: of the wait in which it stands. */
const TIMER = "wait";

/** Throws InvalidWorkflow for a definition that is not sound, with everything that is wrong with it. */
export function compileWorkflow<D>(
  definition: Definition<D>,
  problems: readonly string[] = [],
): Workflow<Place<D>> {
  const { name, version, emits, begins } = definition;
  const chart = checkedChart(definition, problems);
  const initial = initialPlace(definition);
  const sends = sentTypes(definition);
  // The last step: what is handled is folded right after.
  let last: { readonly before: Place<D>; readonly event: CaseEvent; readonly after: Place<D> } | undefined;
  return {
    ...{ name, version, chart, ...typesOf(definition), ...(begins && { begins }) },
    emits: [...new Set([...emits, ...sends])],
    ...(sends.length > 0 && { sends }),
    initial: () => initial,
    at: ({ at }) => at,
    evolve(before, event) {
      if (last?.event === event && last.before === before) return last.after;
      return walk(definition, before, event, () => {});
    },
    handle(event, before, context): HandlerResult {
      const events: EventDraft[] = [];
      const after = walk(definition, before, event, (output, data) => {
        events.push(...draftOf(output, event, data, context));
      });
      last = { before, event, after };
      return { events, timers: timerChanges(name, event.data.case_id, before, after) };
    },
  };
}

/** It takes what its waits wait for, and folds what else changes what is kept. */
function typesOf<D>({ nodes, cancellations, folds }: Definition<D>) {
  const takes = new Set<EventType>(cancellations.map(({ on }) => on));
  for (const node of nodes.values()) {
    if (node.kind !== "wait") continue;
    for (const { on } of node.arrivals) takes.add(on);
    if (node.term !== undefined) takes.add("case.wait_expired");
  }
  const folded = Object.keys(folds) as EventType[];
  return { takes: [...takes], folds: folded.filter((type) => !takes.has(type)) };
}

function draftOf<D>(
  { type, make, to }: Output<D>,
  event: CaseEvent,
  data: D,
  context: HandlerContext,
): readonly EventDraft[] {
  const { now, version } = context;
  // Asked through the context, so that ids and numbers go on from step to step.
  const asked = { newId: () => context.newId(), random: () => context.random() };
  const made = make({ event, data, now, version, ...asked });
  if (made === undefined) return [];
  const { case_id } = event.data;
  if (to === undefined) {
    return [{ event_type: type, data: { ...made, case_id } } as unknown as EventDraft];
  }
  const other = to({ case_id, data });
  return [{ event_type: type, to: other, data: { ...made, case_id: other } } as unknown as EventDraft];
}

/** The timer follows from the place, before and after. */
export function timerChanges<D>(
  workflow: string,
  case_id: string,
  before: Place<D>,
  { at, until }: Place<D>,
): readonly TimerChange[] {
  if (until === undefined) return before.until === undefined ? [] : [{ kind: "cancel", name: TIMER }];
  if (before.until === until && before.at === at) return [];
  const data = { case_id, workflow, wait: at, expires_at: until };
  return [{ kind: "set", name: TIMER, at: until, event: { event_type: "case.wait_expired", data } }];
}
