/** Workflows of other cases: how one is started there, and how it says its end. Pure. @module */
import type { CaseEvent, EventOf } from "../../schema/events.ts";
import type { Definition, Output, To } from "./node.ts";

/** The wait of another case for the end of this one's workflow. */
export type ParentWait = Pick<EventOf<"case.child_started">["data"], "parent" | "parent_workflow" | "wait">;

/** A workflow to be started in another case. */
export interface ChildStart<D> {
  /** Its name: it begins with `onStart`, and is hosted beside this one. */
  readonly workflow: string;
  /** The case in which it runs. Must come out alike until its end. */
  readonly in: To<D>;
}

/** Starts a child for which this wait waits. */
export function startOf<D>(parent_workflow: string, wait: string, child: ChildStart<D>): Output<D> {
  const { workflow, in: to } = child;
  return {
    type: "case.child_started",
    make: ({ event }) => ({ workflow, parent: event.data.case_id, parent_workflow, wait }),
    to,
  };
}

/** Whether an event is the end of that child. */
export function isEndOf<D>(parent_workflow: string, wait: string, { workflow, in: to }: ChildStart<D>) {
  return ({ data: ended }: EventOf<"case.child_ended">, data: D): boolean =>
    ended.workflow === workflow && ended.parent_workflow === parent_workflow && ended.wait === wait &&
    ended.child === to({ case_id: ended.case_id, data });
}

/** Who waits, where an event starts a child. */
export function parentIn(event: CaseEvent): ParentWait | undefined {
  if (event.event_type !== "case.child_started") return undefined;
  const { parent, parent_workflow, wait } = event.data;
  return { parent, parent_workflow, wait };
}

/** Says to who waits by which end the workflow of this case is over. */
export function endOf<D>(
  { name: workflow }: Definition<D>,
  { parent, parent_workflow, wait }: ParentWait,
  outcome: string,
): Output<D> {
  return {
    type: "case.child_ended",
    make: ({ event }) => ({ child: event.data.case_id, workflow, outcome, parent_workflow, wait }),
    to: () => parent,
  };
}

/** The types that a definition sends to other cases. */
export function sentTypes<D>({ nodes }: Pick<Definition<D>, "nodes">) {
  const all = [...nodes.values()];
  const outputs = all.flatMap((node) => node.kind === "step" ? [node.output] : []);
  const isChild = all.some((node) =>
    node.kind === "wait" && node.arrivals.some(({ on }) => on === "case.child_started")
  );
  const sent = outputs.filter(({ to }) => to !== undefined).map(({ type }) => type);
  return [...new Set([...sent, ...isChild ? ["case.child_ended"] as const : []])];
}
