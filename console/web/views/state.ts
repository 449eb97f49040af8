/** How the state of a case looks: its glyph, tone and word. @module */
import { states } from "../../../actors/application.ts";
import type { Markup } from "../markup.ts";
import type { Writer } from "../texts/catalogue.ts";
import { badge, type IconName, type Tone } from "./icon.ts";

const looks: Readonly<Record<string, readonly [Tone, IconName]>> = {
  "waiting_for_caseworker": ["human", "person"],
  "in_payment_plan": ["neutral", "clock"],
  "referred": ["neutral", "clock"],
  "in_assistance": ["neutral", "clock"],
  "in_collection": ["neutral", "clock"],
  "forgiven": ["good", "tick"],
  "withdrawing": ["neutral", "out"],
  "completed:resolved": ["good", "tick"],
  "completed:withdrawn": ["neutral", "out"],
  "completed:escalated": ["warn", "triangle"],
  "unreadable": ["bad", "crossed"],
};

/** The states of a case that is not closed, in the order of its life. */
export const openStates = states.filter((state) => state !== "new" && !state.startsWith("completed:"));

/** The tone of a state; what is on its way is info. */
export function toneOf(state: string): Tone {
  return looks[state]?.[0] ?? "info";
}

export function stateBadge(state: string, write: Writer): Markup {
  const [tone, glyph] = looks[state] ?? ["info", "waves"];
  return badge(tone, glyph, write.known(`state.${state}`, state));
}
