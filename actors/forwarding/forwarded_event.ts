/** What was addressed to another case, as it is stored there. Pure. @module */
import { decodeEvent, encodeData, InvalidEvent, withTwoDecimals } from "../../schema/codec.ts";
import { type EventOf, eventTypes, isEventType, type WireEvent } from "../../schema/events.ts";
import type { DerivedIds } from "../../schema/ids.ts";
import type { EventDraft } from "../processor.ts";

/** As what the runtime forwards is known in metadata and in the health of a store. */
export const FORWARDER = {
  name: "forwarder",
  version: 1,
  takes: ["case.addressed"],
  begins: "beginning",
} as const;

/** A draft as it is stored: one for another case is kept in that of its sender. */
export function storedDraft(draft: EventDraft, case_id: string): EventDraft {
  const { event_type, data, to } = draft;
  if (to === undefined) return draft;
  const { version: schema_version } = eventTypes[event_type];
  return {
    event_type: "case.addressed",
    data: { case_id, to, event_type, schema_version, data: encodeData(event_type, data) },
  };
}

/**
 * The event for the other case: the same at every try. Its cause is the event by which it was addressed, and it carries the moment,
 * the marks and the trace of that. Throws InvalidEvent for what is no event of its type.
 */
export function forwardedEvent(envelope: WireEvent, idOf: DerivedIds): WireEvent {
  const { event_id, timestamp, metadata: { moment, marks, traceparent, tracestate } } = envelope;
  const { data: { to, event_type, schema_version, data } } = decodeEvent(envelope) as EventOf<
    "case.addressed"
  >;
  if (!isEventType(event_type)) throw new InvalidEvent(["event_type: is not known"]);
  const forwarded: WireEvent = {
    event_id: idOf(event_id, Date.parse(timestamp), FORWARDER.name, 0),
    ...{ event_type, timestamp, correlation_id: to, data },
    metadata: {
      schema_version,
      causation_id: event_id,
      source: `${FORWARDER.name}@${FORWARDER.version}`,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
      ...(marks === undefined ? {} : { marks }),
      moment: moment ?? timestamp,
    },
  };
  decodeEvent(forwarded);
  return withTwoDecimals(forwarded);
}
