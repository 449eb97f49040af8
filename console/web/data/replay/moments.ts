/** The flow of cases at each event of a stretch: what went in and out, and what waited where. Pure. @module */
import type { StoppedDelivery } from "../../../../backends/dead_letters.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import type { Slice } from "./slice.ts";

const MINUTE_MS = 60_000;

/** A processor at a moment. */
interface ProcessorMoment {
  readonly name: string;
  /** Events that it answered in the minute before. */
  readonly rate: number;
  /** Events that it answers later in the stretch. */
  readonly pending: number;
  readonly dead: number;
  readonly parked: number;
}

export interface FlowMoment {
  readonly opened: number;
  readonly closed: number;
  readonly processors: readonly ProcessorMoment[];
}

/** One event that a processor answered: where it is in the stretch, and where and when the answer is. */
interface Answer {
  readonly asked: number;
  readonly answered: number;
  readonly at: number;
}

/** The flow at every event, in their order. */
export function flowMoments(slice: Slice, names: readonly string[]): readonly FlowMoment[] {
  const { events } = slice;
  const answers = names.map((name) => answersOf(name, events));
  return events.map((stored, step) => {
    const recent = events.slice(0, step + 1).filter((each) => isRecent(each.recordedAt, stored));
    return {
      opened: recent.filter(({ version }) => version === 1).length,
      closed: recent.filter(({ event }) => event.event_type === "case.completed").length,
      processors: names.map((name, i) => ({
        name,
        rate: answers[i]!.filter(({ answered, at }) => answered <= step && isRecent(at, stored)).length,
        pending: answers[i]!.filter(({ asked, answered }) => asked <= step && answered > step).length,
        dead: stoppedAt(slice.dead, name, stored),
        parked: stoppedAt(slice.parked, name, stored),
      })),
    };
  });
}

const isRecent = (at: number, { recordedAt }: StoredEvent) => at <= recordedAt && at > recordedAt - MINUTE_MS;

/** What is stuck now, from the event on at which it is. */
function stoppedAt(all: readonly StoppedDelivery[], name: string, { position }: StoredEvent): number {
  return all.filter(({ processor, event }) => processor === name && event.position <= position).length;
}

/** The first answer of a processor to each event; the event itself may lie before the stretch. */
function answersOf(name: string, events: readonly StoredEvent[]): readonly Answer[] {
  const steps = new Map(events.map(({ event }, step) => [event.event_id, step]));
  const answers = new Map<string, Answer>();
  events.forEach(({ event, recordedAt }, answered) => {
    const cause = answeredBy(name, event);
    if (cause === undefined || answers.has(cause)) return;
    answers.set(cause, { asked: steps.get(cause) ?? -1, answered, at: recordedAt });
  });
  return [...answers.values()];
}

/** The event that a processor answered by another one: what a term brings that it set is no answer. */
export function answeredBy(name: string, { event_type, metadata }: WireEvent): string | undefined {
  if (event_type === "case.term_expired") return undefined;
  const { causation_id: cause, source } = metadata ?? {};
  // It names itself with its version, as in `intake@1`.
  return source?.split("@")[0] === name ? cause : undefined;
}
