/** What the rules of now make of recorded events, beside what was recorded: where they differ first. @module */
import { processors } from "../../../../actors/application.ts";
import type { AnyProcessor, EventDraft, HandlerResult } from "../../../../actors/processor.ts";
import { mapConcurrently } from "../../../../backends/primitives/concurrency.ts";
import type { EventStore } from "../../../../backends/event_store.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import type { CaseEvent } from "../../../../schema/events.ts";
import { withMoment } from "../../../../schema/time/moment.ts";
import { handled } from "../../../../simulators/what_if/decision_point.ts";
import { differenceOf, outcomeLabel, ruleOf } from "../../../../simulators/what_if/outcome.ts";
import { answeredBy } from "./moments.ts";

/** An event that would be answered otherwise now. */
export interface ThenAndNow {
  readonly position: number;
  readonly version: number;
  readonly caseId: string;
  readonly then: string;
  readonly now: string;
  readonly ruleThen: string;
  readonly ruleNow: string;
}

/** Cases of a stretch that are decided on again: each is read whole. */
export const MOST_CASES = 100;
const AT_ONCE = 8;

/** The first event of a stretch that would be answered otherwise now, of the first hundred cases in it. */
export async function firstDifference(
  store: Pick<EventStore, "readCase">,
  events: readonly StoredEvent[],
): Promise<ThenAndNow | undefined> {
  const positions = new Set(events.map(({ position }) => position));
  const cases = [...new Set(events.map(({ event }) => event.correlation_id))].slice(0, MOST_CASES);
  const found = await mapConcurrently(
    AT_ONCE,
    cases,
    async (id) => differencesIn(await Array.fromAsync(store.readCase(id))),
  );
  return found.flat().filter(({ position }) => positions.has(position))
    .toSorted((a, b) => a.position - b.position)[0];
}

/** Every recorded answer of a case that would be another one now. What can't be read is left out. Pure. */
export function differencesIn(history: readonly StoredEvent[]): readonly ThenAndNow[] {
  const answers = answersIn(history);
  let states = processors.map((processor) => processor.initial());
  return history.flatMap((stored) => {
    const event = readable(stored);
    if (event === undefined) return [];
    const before = states;
    states = states.map((state, i) => folded(processors[i]!, state, event));
    return processors.flatMap((processor, i) => {
      const recorded = answers.get(keyOf(processor.name, event.event_id));
      if (recorded === undefined || !processor.takes.includes(event.event_type)) return [];
      return differenceAt({ processor, state: before[i], event, stored, recorded });
    });
  });
}

interface Answered {
  readonly processor: AnyProcessor;
  readonly state: unknown;
  readonly event: CaseEvent;
  readonly stored: StoredEvent;
  readonly recorded: HandlerResult;
}

/** Timers are no events, so that of both sides the events alone are compared. */
function differenceAt({ processor, state, event, stored, recorded }: Answered): readonly ThenAndNow[] {
  const result = handled(processor, event, state, stored);
  if (result instanceof Error) return [];
  const now = { events: result.events };
  if (differenceOf(recorded, now) !== "grounds") return [];
  const { position, version, event: { correlation_id: caseId } } = stored;
  const [then, is] = [outcomeLabel(recorded), outcomeLabel(now)];
  return [{ position, version, caseId, then, now: is, ruleThen: ruleOf(recorded), ruleNow: ruleOf(now) }];
}

const keyOf = (name: string, eventId: string) => `${name} ${eventId}`;

/** What each processor answered to each event, as it is recorded. */
function answersIn(history: readonly StoredEvent[]): ReadonlyMap<string, HandlerResult> {
  const answers = new Map<string, { readonly events: EventDraft[] }>();
  for (const stored of history) {
    for (const { name } of processors) {
      const cause = answeredBy(name, stored.event);
      const event = cause === undefined ? undefined : readable(stored);
      if (event === undefined) continue;
      const key = keyOf(name, cause!);
      const answer = answers.get(key) ?? { events: [] };
      answer.events.push(event as EventDraft);
      answers.set(key, answer);
    }
  }
  return answers;
}

function folded({ takes, folds, evolve }: AnyProcessor, state: unknown, event: CaseEvent): unknown {
  return takes.includes(event.event_type) || folds.includes(event.event_type) ? evolve(state, event) : state;
}

function readable({ event, recordedAt, malformed }: StoredEvent): CaseEvent | undefined {
  if (malformed !== undefined) return undefined;
  try {
    return decodeEvent(withMoment(event, recordedAt));
  } catch {
    return undefined;
  }
}
