/** What of an event leaves: personal data is masked, unless its field is listed. Pure. @module */
import { type CloudEvent, toCloudEvent } from "../../schema/cloudevents/cloud_event.ts";
import type { EventNames } from "../../schema/cloudevents/event_names.ts";
import { dataWithTwoDecimals } from "../../schema/codec.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import { withoutPersonalData } from "../cli/case_timeline.ts";

/** An event as its target gets it. */
export function outgoing(
  names: EventNames,
  personal: readonly string[] = [],
): (stored: StoredEvent) => CloudEvent {
  return (stored) => toCloudEvent(stored, shownData(stored, personal), names);
}

function shownData({ event: { event_type, data } }: StoredEvent, personal: readonly string[]) {
  const whole = dataWithTwoDecimals(event_type, data);
  if (personal.includes("all")) return whole;
  const masked = withoutPersonalData(event_type, data);
  const listed = Object.entries(whole).filter(([field]) => personal.includes(field));
  return { ...masked, ...Object.fromEntries(listed) };
}
