/** What the builder of workflows is told. @module */
import type { CaseEvent, EventOf, EventType } from "../../schema/events.ts";
import type { Processor } from "../processor.ts";
import type { Duration } from "./duration.ts";
import type { Arrival, StepInput } from "./node.ts";

/** What a workflow says of itself. */
export interface WorkflowOptions<E extends EventType> {
  /** Raised when the definition changes: it stands in the metadata of what it emits. */
  readonly version: number;
  /** Every type that its steps emit. Another one is refused, by the types and when it is built. */
  readonly emits: readonly E[];
  /** Where it begins on a store on which others have worked: see `Processor.begins`. */
  readonly begins?: Processor<unknown>["begins"];
}

/** An event that a wait waits for, where a condition holds: of the event, and of what is kept of the case, this event included. */
export interface Awaited<D, T extends EventType> {
  readonly on: T;
  readonly match?: (event: EventOf<T>, data: D) => boolean;
}

/** A moment worked out for a case, ISO; undefined: this case has no term. */
export interface WorkedOut<D> {
  /** For people, as the chart shows it. */
  readonly text: string;
  readonly until: (input: Pick<StepInput<D>, "event" | "data" | "now">) => string | undefined;
}

/** How long a wait lasts: a duration from when it begins or a moment worked out, or why it may last for ever. */
export type WaitLength<D> = { readonly within: Duration | WorkedOut<D> } | { readonly withoutTerm: string };

/**
 * A function with an overload for each of a union: so the compiler knows the one type that is emitted before it looks at the
 * function that makes its data.
 */
export type ForEach<F> = (F extends unknown ? (each: F) => void : never) extends (each: infer All) => void
  ? All
  : never;

/** An arrival, of which nothing follows yet. */
export function arrivalOf<D, T extends EventType>(name: string, { on, match }: Awaited<D, T>): Arrival<D> {
  return {
    name,
    on,
    link: { to: undefined },
    ...match && { match: match as (event: CaseEvent, data: D) => boolean },
  };
}
