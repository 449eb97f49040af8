/** One event handed to one processor: what it makes of it, and what of that is shown. Pure. @module */
import { shownData } from "../../actors/application.ts";
import type { AnyProcessor, HandlerResult } from "../../actors/processor.ts";
import { contextOf } from "../../actors/worker/outputs.ts";
import { derivedIds } from "../../schema/ids.ts";
import { encodeData } from "../../schema/codec.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import type { CaseEvent } from "../../schema/events.ts";

/** Nothing is stored, so that no id is one of the store. */
const idOf = derivedIds("what-if");

/** At these a case is decided on for the first time. */
export function decides({ event_type }: CaseEvent): boolean {
  return event_type === "case.analysis" || event_type === "case.decision";
}

export function handled(
  processor: AnyProcessor,
  event: CaseEvent,
  state: unknown,
  { version }: StoredEvent,
): HandlerResult | Error {
  try {
    return processor.handle(event, state, contextOf({ event, version }, processor.name, idOf));
  } catch (error) {
    return error instanceof Error ? error : new Error("a handler threw what is no error");
  }
}

/** What would be stored: an event without its envelope. */
export interface ShownEvent {
  readonly event_type: string;
  readonly data: Record<string, unknown>;
}

/** What would be stored, without personal data; amounts are numbers, as it goes on to another thread. */
export function shownResult({ events }: HandlerResult): ShownEvent[] {
  return events.map(({ event_type, data }) => {
    const shown = shownData(event_type, encodeData(event_type, data));
    return { event_type, data: JSON.parse(JSON.stringify(shown)) };
  });
}
