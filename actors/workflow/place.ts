/** Where a case stands in a workflow, and where an event leads it. Pure. @module */
import type { CaseEvent } from "../../schema/events.ts";
import { endOf, parentIn, type ParentWait } from "./child.ts";
import { momentOf } from "../../schema/time/moment.ts";
import {
  BEGIN,
  type Cancellation,
  CANCELLED,
  type Definition,
  type Output,
  type WaitNode,
  type WorkflowNode,
} from "./node.ts";

/** Where a case stands, with what is kept of it: the state of the processor that a workflow is. */
export interface Place<D> {
  /** The name of a wait or an end. */
  readonly at: string;
  readonly data: D;
  /** When the wait expires, ISO. */
  readonly until: string | undefined;
  /** Of a wait for several: what came. */
  readonly arrived: readonly string[];
  /** The steps that can be taken back, in the order in which they were done. */
  readonly done: readonly string[];
  /** Of a child: who waits for its end. */
  readonly parent?: ParentWait;
}

/** Told of each output on the way, with what is kept of the case then. */
type OnOutput<D> = (output: Output<D>, data: D) => void;

/** A case that has not begun. */
export function initialPlace<D>({ initial }: Definition<D>): Place<D> {
  return { at: BEGIN, data: initial, until: undefined, arrived: [], done: [] };
}

/** Where the case stands after an event. A child says its end to who waits for it. */
export function walk<D>(
  definition: Definition<D>,
  before: Place<D>,
  event: CaseEvent,
  onOutput: OnOutput<D>,
): Place<D> {
  const moved = move(definition, before, event, onOutput);
  const parent = before.parent ?? (before.at === BEGIN ? parentIn(event) : undefined);
  if (parent === undefined || moved.at === before.at) return moved;
  if (definition.nodes.get(moved.at)?.kind === "end") {
    onOutput(endOf(definition, parent, moved.at), moved.data);
  }
  return { ...moved, parent };
}

/** An event that the wait does not wait for changes what is kept, and nothing else. */
function move<D>(
  definition: Definition<D>,
  before: Place<D>,
  event: CaseEvent,
  onOutput: OnOutput<D>,
): Place<D> {
  const place = folded(definition, before, event);
  const node = definition.nodes.get(place.at);
  if (node?.kind !== "wait") return place;
  if (isCancelled(definition.cancellations, place, event)) {
    takeBack(definition, place, onOutput);
    return { ...place, at: CANCELLED, until: undefined, arrived: [], done: [] };
  }
  if (isExpiry(definition, place, event)) {
    return enter(definition, place, node.term!.link.to!, event, onOutput);
  }
  return arrive(definition, place, node, event, onOutput);
}

function folded<D>({ folds }: Definition<D>, before: Place<D>, event: CaseEvent): Place<D> {
  const fold = folds[event.event_type] as ((data: D, event: CaseEvent) => D) | undefined;
  const data = fold === undefined ? before.data : fold(before.data, event);
  return data === before.data ? before : { ...before, data };
}

function isCancelled<D>(
  cancellations: readonly Cancellation<D>[],
  place: Place<D>,
  event: CaseEvent,
): boolean {
  return place.at !== BEGIN &&
    cancellations.some((each) => each.on === event.event_type && (each.match?.(event, place.data) ?? true));
}

/** A timer can fire late, or beside a move: only the wait that it was set for, at its time, expires. */
function isExpiry<D>({ name }: Definition<D>, { at, until }: Place<D>, event: CaseEvent): boolean {
  if (event.event_type !== "case.wait_expired") return false;
  const { workflow, wait, expires_at } = event.data;
  return until !== undefined && workflow === name && wait === at && expires_at === until;
}

function arrive<D>(
  definition: Definition<D>,
  place: Place<D>,
  { arrivals, needsAll }: WaitNode<D>,
  event: CaseEvent,
  onOutput: OnOutput<D>,
): Place<D> {
  const arrival = arrivals.find(({ name, on, match }) =>
    on === event.event_type && !place.arrived.includes(name) && (match?.(event, place.data) ?? true)
  );
  if (arrival === undefined) return place;
  const arrived = [...place.arrived, arrival.name];
  if (needsAll && arrived.length < arrivals.length) return { ...place, arrived };
  return enter(definition, place, arrival.link.to!, event, onOutput);
}

/** Passes steps, choices and what is taken back, until a wait or an end. */
function enter<D>(
  definition: Definition<D>,
  place: Place<D>,
  first: string,
  event: CaseEvent,
  onOutput: OnOutput<D>,
): Place<D> {
  const { data } = place;
  let { done } = place;
  for (let at = first;;) {
    const node = definition.nodes.get(at)!;
    if (node.kind === "step") {
      onOutput(node.output, data);
      if (node.undo !== undefined) done = [...done, at];
    } else if (node.kind === "undo") {
      takeBack(definition, { ...place, done }, onOutput);
      done = [];
    }
    const next = nextOf(node, data, event);
    if (next === undefined) {
      return { at, data, until: untilOf(node, data, event), arrived: [], done };
    }
    at = next;
  }
}

/** What follows a node that the case only passes. */
function nextOf<D>(node: WorkflowNode<D>, data: D, event: CaseEvent): string | undefined {
  if (node.kind === "wait" || node.kind === "end") return undefined;
  if (node.kind !== "choice") return node.link.to!;
  const way = node.choose(data, event);
  const link = node.ways.get(way);
  if (link === undefined) throw new RangeError(`The choice ${node.name} has no way ${way}`);
  return link.to!;
}

function untilOf<D>(node: WorkflowNode<D>, data: D, event: CaseEvent): string | undefined {
  return node.kind === "wait" ? node.term?.until({ event, data, now: momentOf(event) }) : undefined;
}

function takeBack<D>({ nodes }: Definition<D>, { done, data }: Place<D>, onOutput: OnOutput<D>): void {
  for (const name of done.toReversed()) {
    const node = nodes.get(name);
    if (node?.kind === "step" && node.undo !== undefined) onOutput(node.undo, data);
  }
}
