/** A text that was refused as an event, as people may see it. @module */
import { NOT_SHOWN } from "../../actors/application.ts";
import { maskCaseId } from "../../schema/bsn.ts";
import { withoutPersonalData } from "./case_timeline.ts";
import { toJsonText } from "./redaction.ts";

/** What may be shown of a text that is no valid event: its known fields. What is not JSON may be anything. */
export function shownRefused(text: string): string {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `${NOT_SHOWN}: ${text.length} characters that are no JSON object`;
  }
  const event = value as Record<string, unknown>;
  const { event_type, data } = event;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    // The bare data of an intake, or an envelope without data: of both only known fields are shown.
    return toJsonText(withoutPersonalData("case.intake", event));
  }
  const type = typeof event_type === "string" ? event_type : "";
  const { case_id: _caseId, ...others } = withoutPersonalData("", event);
  return toJsonText({
    ...others,
    ...shownEnvelope(event),
    data: withoutPersonalData(type, data as Record<string, unknown>),
  });
}

/** Fields of an envelope that are shown when they have the form they should have. */
function shownEnvelope({ event_id, event_type, timestamp, correlation_id }: Record<string, unknown>) {
  const shown = { event_id, event_type, timestamp, correlation_id };
  return Object.fromEntries(
    Object.entries(shown).filter(([name, value]) => typeof value === "string" && FORMS[name]!.test(value))
      .map(([name, value]) => [name, maskCaseId(value as string)]),
  );
}

/** A correlation_id is a case_id, and those stand in every list. */
const FORMS: Readonly<Record<string, RegExp>> = {
  event_id: /^[0-9a-f-]{36}$/i,
  event_type: /^[a-z_]{1,40}\.[a-z_]{1,60}$/,
  timestamp: /^[\dTZ:.+-]{1,40}$/,
  correlation_id: /^.{1,128}$/,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
