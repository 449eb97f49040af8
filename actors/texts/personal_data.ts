/** Which fields of an event identify the citizen, and what is shown in their place. @module */
import { maskBsn } from "../../schema/bsn.ts";

/** The data with its citizen_bsn masked and its contact data left out; all other fields as they are. */
export function hideIdentity(data: Record<string, unknown>): Record<string, unknown> {
  const shown = { ...data };
  if (typeof shown.citizen_bsn === "string") shown.citizen_bsn = maskBsn(shown.citizen_bsn);
  if (typeof shown.profile === "object" && shown.profile !== null && "contact" in shown.profile) {
    const { contact: _contact, ...profile } = shown.profile;
    shown.profile = { ...profile, contact: "not shown" };
  }
  return shown;
}
