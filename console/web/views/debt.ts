/** What a claim is called: its type in words. @module */
import { redact } from "../../cli/redaction.ts";

/** `belasting_inkomstenbelasting` as people read it. */
export function debtName(type: string): string {
  const text = redact(type).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
