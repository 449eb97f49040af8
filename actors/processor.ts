/**
 * A processor: the only thing a user of the runtime writes. Pure: no I/O, no clock, no randomness, no environment.
 *
 * ```ts
 * // arrears.ts
 * import type { Processor } from "@zaakstroom/zaakstroom/processor";
 *
 * // The state of a case is the number of instalments that were missed since the last payment.
 * export const arrears: Processor<number, "case.payment_missed", "case.payment_received"> = {
 *   name: "arrears",
 *   version: 1,
 *   takes: ["case.payment_missed"],
 *   folds: ["case.payment_received"],
 *   initial: () => 0,
 *   evolve: (missed, event) => event.event_type === "case.payment_missed" ? missed + 1 : 0,
 *   handle({ data: { case_id } }, missed) {
 *     if (missed === 0) return { events: [] };
 *     const reasons = [{ code: "arrears", reason: "Two instalments in a row were missed" }];
 *     const data = { case_id, asked_of: "caseworker" as const, reasons, rules: [] };
 *     return { events: [{ event_type: "case.review_requested", data }] };
 *   },
 * };
 * ```
 * @module
 */
import type { CaseEvent, DataOf, EventOf, EventType } from "../schema/events.ts";

/** What a handler may use besides event and state. All of it is derived from the event: a replay gives the same bytes. */
export interface HandlerContext {
  /**
   * The moment at which what the handler starts begins, ISO: when the event from outside that led here was recorded, or when
   * its timer was due. The event's own `timestamp` says when it happened. There is no other now.
   */
  readonly now: string;
  /** Version of the case at this event. */
  readonly version: number;
  /** The next derived id: the same ones in the same order at every try. */
  newId(): string;
  /** The next number in [0, 1) of a sequence seeded by the event's id. */
  random(): number;
}

/**
 * An event to emit; the runtime fills in id, time, correlation and metadata. It belongs to the case being handled, or to the case
 * `to`: then it is kept in the case being handled as `case.addressed`, and forwarded once that is stored. It arrives once, and
 * what one case sends to another arrives in the order in which it was made.
 */
export type EventDraft = {
  [T in EventType]: { readonly event_type: T; readonly data: DataOf<T>; readonly to?: string };
}[EventType];

/** Sets or cancels a durable timer of the case. Setting a name again moves it. Its event is appended when it fires. */
export type TimerChange =
  | { readonly kind: "set"; readonly name: string; readonly at: string; readonly event: EventDraft }
  | { readonly kind: "cancel"; readonly name: string };

/** What handling one delivery leads to. */
export interface HandlerResult {
  readonly events: readonly EventDraft[];
  readonly timers?: readonly TimerChange[];
  /** What monitoring is to count of it, each by a name that the processor declares. */
  readonly alarms?: readonly string[];
}

/**
 * A named, versioned handler of events, with a state per case.
 *
 * `takes` are handled; `folds` are only folded into the state, which is there whole, up to the event being handled,
 * when `handle` is called. Handlers are synchronous. A throw is retried and becomes a dead letter; `Reject` becomes a
 * dead letter at once.
 */
export interface Processor<S, T extends EventType = EventType, F extends EventType = EventType> {
  readonly name: string;
  readonly version: number;
  readonly takes: readonly T[];
  readonly folds: readonly F[];
  /**
   * Where it begins when it is added to a store on which others have worked: "now" (the default), "beginning", or an ISO time:
   * at what was recorded then or later. On a store where none has worked yet, all begin at the beginning.
   */
  readonly begins?: "now" | "beginning" | (string & Record<never, never>);
  /** The types that it emits to other cases. */
  readonly sends?: readonly EventType[];
  /** What it can raise an alarm about; each is counted in the metrics. */
  readonly alarms?: readonly string[];
  initial(): S;
  /** The state after an event that is taken or folded. Must not change the state it is given. */
  evolve(state: S, event: EventOf<T | F>): S;
  /** `state` is the state before `event`. */
  handle(event: EventOf<T>, state: S, context: HandlerContext): HandlerResult;
}

/** Any processor, as the runtime hosts it: without the type of its state. */
export interface AnyProcessor {
  readonly name: string;
  readonly version: number;
  readonly takes: readonly EventType[];
  readonly folds: readonly EventType[];
  readonly begins?: string;
  readonly sends?: readonly EventType[];
  readonly alarms?: readonly string[];
  initial(): unknown;
  // deno-lint-ignore no-explicit-any
  evolve(state: any, event: any): unknown;
  // deno-lint-ignore no-explicit-any
  handle(event: any, state: any, context: HandlerContext): HandlerResult;
}

/** Thrown by a handler for an event that no retry can help. */
export class Reject extends Error {
  override name = "Reject";
}

export type { CaseEvent };
