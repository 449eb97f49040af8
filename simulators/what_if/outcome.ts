/** What a processor made of an event, in the terms of the domain: by this two versions are compared. Pure. @module */
import type { EventDraft, HandlerResult } from "../../actors/processor.ts";

/** An outcome in words, few enough for a matrix: `refer_assistance`, `a person (forgive)`. */
export function outcomeLabel({ events, timers = [] }: HandlerResult): string {
  return events.map(labelOf).join(", ") || (timers.length > 0 ? "waits" : "nothing");
}

/** What two results differ in: nothing, texts alone, or what a citizen and the law see. */
export function differenceOf(before: HandlerResult, after: HandlerResult): "none" | "wording" | "grounds" {
  if (isSame(before, after)) return "none";
  return groundsOfAll(before) === groundsOfAll(after) ? "wording" : "grounds";
}

/** Whether two values are alike; plain data alone. Cheaper than to write both as texts: most are. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => isSame((one as Fields)[name], (other as Fields)[name]));
}

type Fields = Readonly<Record<string, unknown>>;

/** The outcome, the grounds, the plan and the terms. */
function groundsOfAll({ events, timers = [] }: HandlerResult): string {
  return JSON.stringify([events.map(labelOf), events.map(groundsOf), timers.map(timerOf)]);
}

const PLAN_STEP = 12;

function labelOf(draft: EventDraft): string {
  switch (draft.event_type) {
    case "case.decision":
      return draft.data.decision;
    case "case.review_requested":
      return draft.data.asked_of === "team_lead"
        ? "the team lead"
        : `a person (${draft.data.proposed ?? "no proposal"})`;
    case "case.payment_plan_created":
      return `plan of at most ${Math.ceil(draft.data.months / PLAN_STEP) * PLAN_STEP} months`;
    case "case.completed":
      return `completed ${draft.data.outcome}`;
    case "case.event_refused":
      return "refused";
    default:
      return draft.event_type.replace("case.", "").replaceAll("_", " ");
  }
}

/** What decides of an event; texts and versions are left out. */
function groundsOf(draft: EventDraft): unknown {
  switch (draft.event_type) {
    case "case.decision":
      return [idsOf(draft.data), termsOf(draft.data)];
    case "case.review_requested":
      return [draft.data.reasons.map(({ code }) => code), draft.data.term?.due];
    case "case.payment_plan_created":
      return draft.data.instalments;
    case "case.debt_forgiven":
      return draft.data.amount;
    case "case.payment_missed":
      return draft.data.instalment;
    default:
      return null;
  }
}

function timerOf(timer: NonNullable<HandlerResult["timers"]>[number]): unknown {
  return timer.kind === "cancel" ? null : timer.at;
}

/** Fields that the schema of a decision leaves to who decides. */
interface Grounds {
  readonly rules?: readonly { readonly id: string }[];
  readonly terms?: readonly { readonly name: string; readonly due: string }[];
}

function idsOf(data: object): readonly string[] {
  return ((data as Grounds).rules ?? []).map(({ id }) => id);
}

function termsOf(data: object): readonly (readonly string[])[] {
  return ((data as Grounds).terms ?? []).map(({ name, due }) => [name, due]);
}

/** The rule that a decision or a proposal rests on: the first of its rules. */
export function ruleOf({ events }: HandlerResult): string {
  for (const { data } of events) {
    const [first] = idsOf(data);
    if (first !== undefined) return first;
  }
  return "no rule";
}
