/** Given events, when one more comes or time passes, then these events follow. @module */
import type { CaseEvent, DataOf, EventType } from "../../schema/events.ts";
import type { AnyProcessor } from "../processor.ts";
import type { Duration } from "../workflow/duration.ts";
import { CaseRunner, type CaseRunnerOptions, type GivenData } from "./case_runner.ts";

/** An event from outside: its type, its data, and how long after the one before it happened. */
export type GivenEvent = {
  [T in EventType]: readonly [type: T, data: GivenData<T>, after?: Duration];
}[EventType];

/** What must follow: a type, and of its data the fields that matter. */
export type ExpectedEvent = {
  [T in EventType]: readonly [type: T, data?: Partial<DataOf<T>>];
}[EventType];

/** A case to which something is about to happen. */
export interface GivenCase {
  /** One more event. */
  when<T extends EventType>(type: T, data: GivenData<T>): HappenedCase;
  /** Nothing but time, in which timers fire. */
  whenPassed(time: Duration): HappenedCase;
}

/** A case to which something happened. */
export interface HappenedCase extends GivenCase {
  /** These events followed, in this order, and no others. Throws an error that says what did. */
  then(...expected: readonly ExpectedEvent[]): HappenedCase;
  /** The case itself, for what else there is to ask. */
  readonly runner: CaseRunner;
}

/**
 * A case of which these events are known, each acted on before the next.
 *
 * ```ts
 * given([reminder], ["case.payment_missed", { instalment: 1 }])
 *   .whenPassed("14d").then(["case.wait_expired"], ["case.review_requested", { asked_of: "caseworker" }]);
 * ```
 */
export function given(processors: readonly AnyProcessor[], ...events: readonly GivenEvent[]): GivenCase {
  return givenWith({}, processors, ...events);
}

/** The same, in a case of other options. */
export function givenWith(
  options: CaseRunnerOptions,
  processors: readonly AnyProcessor[],
  ...events: readonly GivenEvent[]
): GivenCase {
  const runner = new CaseRunner(processors, options);
  for (const event of events) giveTo(runner, event);
  return caseOf(runner);
}

/** Lets the time before an event pass, gives it, and lets it be acted on. */
export function giveTo(runner: CaseRunner, [type, data, after]: GivenEvent): void {
  if (after !== undefined) runner.pass(after);
  runner.give(type, data as GivenData<EventType>).settle();
}

function caseOf(runner: CaseRunner): GivenCase {
  return {
    when: (type, data) => happened(runner, () => runner.give(type, data).settle(), 1),
    whenPassed: (time) => happened(runner, () => runner.pass(time), 0),
  };
}

function happened(runner: CaseRunner, happen: () => void, own: number): HappenedCase {
  const before = runner.log.length + own;
  happen();
  const followed = runner.log.slice(before);
  const self: HappenedCase = {
    ...caseOf(runner),
    runner,
    then(...expected) {
      requireFollowed(followed, expected);
      return self;
    },
  };
  return self;
}

function requireFollowed(followed: readonly CaseEvent[], expected: readonly ExpectedEvent[]): void {
  const isAlike = followed.length === expected.length && followed.every((event, i) => {
    const [type, data = {}] = expected[i]!;
    return event.event_type === type && hasFields(event.data, data);
  });
  if (isAlike) return;
  const [wanted, found] = [
    expected.map(([type, data]) => `${type} ${textOf(data ?? {})}`),
    followed.map(({ event_type, data }) => `${event_type} ${textOf(data)}`),
  ].map((lines) => lines.length === 0 ? "  nothing" : lines.map((line) => `  ${line}`).join("\n"));
  throw new Error(`Expected to follow:\n${wanted}\nbut what followed was:\n${found}`);
}

function hasFields(
  data: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => textOf(data[name]) === textOf(value));
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "undefined";
}
