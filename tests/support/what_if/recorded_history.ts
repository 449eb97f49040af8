/** Histories as a store would have them, without a store: generated cases, decided on, and lived by the seeded citizen. @module */
import { processors } from "../../../actors/application.ts";
import { contextOf, encodeOutputs } from "../../../actors/worker/outputs.ts";
import { decodeEvent } from "../../../schema/codec.ts";
import { deliveryLine, parseRow } from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { derivedIds } from "../../../schema/ids.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import { reactionsTo } from "../../../simulators/citizen/reactions.ts";

interface HistoryOptions {
  readonly seed: string;
  readonly count: number;
  /** Citizens and caseworkers react; otherwise a case stands where the system's last event leaves it. */
  readonly lived?: boolean;
}

/** The events of each case in order; those of all cases by time. */
export function recordedEvents({ seed, count, lived = false }: HistoryOptions): WireEvent[] {
  return eventsOf([...generateCases({ seed, count })].map(({ event }) => event), lived);
}

function eventsOf(intakes: readonly WireEvent[], lived: boolean): WireEvent[] {
  return intakes.flatMap((intake) => historyOf(intake, lived)).sort((a, b) =>
    a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0
  );
}

/** The same as delivery lines, as if each had been recorded when it happened. */
export function recordedLines(options: HistoryOptions): string[] {
  return linesOfEvents(recordedEvents(options));
}

/** Levies of a municipality of people at assistance level, of 10 euros, 20 euros and so on: what may be forgiven. */
export function forgivableLines(count: number): string[] {
  const intakes = [...generateCases({ seed: "forgivable", count })].map(({ event }, i) => {
    const debt_amount = (i + 1) * 10;
    const profile = { ...BIJSTAND, total_debt: debt_amount };
    return { ...event, data: { ...event.data, ...LEVY, debt_amount, profile } };
  });
  return linesOfEvents(eventsOf(intakes, false));
}

/** Fines that organisations sent in, of 10 euros, 15 euros and so on up to 70: too small for instalments. */
export function fineLines(): string[] {
  const intakes = [...generateCases({ seed: "fines", count: 13 })].map(({ event }, i) => {
    const debt_amount = 10 + i * 5;
    const profile = { ...BIJSTAND, income_source: "loon", monthly_income: 2_600, total_debt: debt_amount };
    const fine = { debt_type: "verkeersboete", priority: "normal", debt_amount, profile };
    return { ...event, data: { ...event.data, ...fine }, metadata: { schema_version: 1, source: "portal" } };
  });
  return linesOfEvents(eventsOf(intakes, false));
}

const LEVY = { debt_type: "afvalstoffenheffing", priority: "normal" };
const BIJSTAND = {
  household: "eenpersoons",
  income_source: "bijstand",
  monthly_income: 1_200,
  creditors: 1,
  threats: [],
};

function linesOfEvents(events: readonly WireEvent[]): string[] {
  const versions = new Map<string, number>();
  return events.map((event, i) => {
    const version = (versions.get(event.correlation_id) ?? 0) + 1;
    versions.set(event.correlation_id, version);
    const recordedAt = Date.parse(event.timestamp);
    return deliveryLine({ position: i + 1, version, recordedAt, event, attempt: 0, held: false });
  });
}

const idOf = derivedIds("the same at every run");
const MOST_EVENTS = 300;

function historyOf(intake: WireEvent, lived: boolean): WireEvent[] {
  const history: WireEvent[] = [];
  const states = processors.map((processor) => processor.initial());
  const queue: WireEvent[] = [intake];
  const timers = new Map<string, string>();
  while (queue.length > 0 && history.length < MOST_EVENTS) {
    const wire = queue.splice(earliest(queue), 1)[0]!;
    const timer = timers.get("deadline");
    if (wire.event_type === "case.term_expired" && timer !== wire.event_id) continue;
    history.push(wire);
    if (wire.event_type === "case.completed") return history;
    // As a store gives it back: amounts are numbers again.
    const event = decodeEvent(JSON.parse(JSON.stringify(wire)));
    processors.forEach((processor, i) => {
      const takes = processor.takes.includes(event.event_type);
      if (takes) {
        const version = history.length;
        const result = processor.handle(
          event,
          states[i],
          contextOf({ event, version }, processor.name, idOf),
        );
        const { rows, timers: changes } = encodeOutputs(result, event, processor, { partition: 0, idOf });
        queue.push(...rows.map((row) => parseRow(row).event));
        for (const change of changes) {
          timers.delete(change.name);
          if (change.kind === "cancel" || !lived) continue;
          const { event: expired } = parseRow(change.row);
          timers.set(change.name, expired.event_id);
          queue.push(expired);
        }
      }
      if (takes || processor.folds.includes(event.event_type)) states[i] = processor.evolve(states[i], event);
    });
    if (lived) queue.push(...reactionsTo(wire, "recorded").map((reaction) => reaction.event));
  }
  return history;
}

function earliest(queue: readonly WireEvent[]): number {
  let best = 0;
  queue.forEach(({ timestamp }, i) => {
    if (timestamp < queue[best]!.timestamp) best = i;
  });
  return best;
}
