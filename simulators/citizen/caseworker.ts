/** The simulated caseworker: decides the cases that wait for a person; its reasons say that it is simulated. @module */
import { caseworkerText } from "../../actors/texts/citizen_texts.ts";
import { simulatedCaseworkers } from "../../schema/authority/names.ts";
import { FORGIVEN_ALONE_MAX } from "../../schema/authority/second_person.ts";
import type { DataOf, WireEvent } from "../../schema/events.ts";
import type { CitizenLife, CitizenReaction } from "./life.ts";
import { citizenAssumptions as assumed } from "./assumptions.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Of these the team lead is told, while the case goes on. */
const GOES_ON: ReadonlySet<string> = new Set(["municipality_late", "debt_plan_unconfirmed"]);

/**
 * The decision of a caseworker within the term; none for a review that is left to expire, which then goes to the team
 * lead, nor where debt assistance is late, which goes on by itself.
 */
export function caseworkerReactions(citizen: CitizenLife): CitizenReaction[] {
  const { asked_of, rules, debt_amount, reasons } = citizen.cause.data;
  if ((reasons as { code: string }[]).some(({ code }) => GOES_ON.has(code))) return [];
  const askedOfLead = asked_of === "team_lead";
  if (!askedOfLead && citizen.random.chance(assumed.review_late.value)) return [];
  const first = citizen.random.below(simulatedCaseworkers.length);
  const name = simulatedCaseworkers[first]!;
  const { decision, why } = chooseDecision(citizen);
  const data = {
    decision,
    decided_by: name,
    reason: `Simulated decision of ${name}: ${why}`,
    next_steps: ["Tell the citizen of the decision, its reason and how to object"],
    next_steps_nl: ["Vertel de burger het besluit, de reden en hoe bezwaar te maken"],
    citizen_text: caseworkerText(decision as DataOf<"case.decision">["decision"]),
    rules,
    ...(debt_amount === undefined ? {} : { debt_amount }),
  };
  const time = citizen.between(citizen.start + HOUR_MS, decideBy(citizen.cause, askedOfLead));
  if (decision !== "forgive" || !(Number(debt_amount) > FORGIVEN_ALONE_MAX)) {
    return [citizen.reaction("decision", time, "case.decision", data, "caseworker")];
  }
  const second = simulatedCaseworkers[(first + 1) % simulatedCaseworkers.length]!;
  return twoPersons(citizen, time, data, second);
}

/** What the first caseworker proposes, the second one decides, half an hour later. */
function twoPersons(
  citizen: CitizenLife,
  time: number,
  data: Readonly<Record<string, unknown>>,
  second: string,
): CitizenReaction[] {
  const { decision, decided_by: proposed_by, reason, next_steps, debt_amount } = data;
  const proposal = { decision, proposed_by, reason, next_steps, debt_amount };
  const decided = { ...data, decided_by: second, proposed_by };
  return [
    citizen.reaction("proposal", time, "case.decision_proposed", proposal, "caseworker"),
    citizen.reaction("decision", time + HOUR_MS / 2, "case.decision", decided, "caseworker"),
  ];
}

function chooseDecision({ cause: { data }, random }: CitizenLife) {
  const proposed = typeof data.proposed === "string" ? data.proposed : undefined;
  if (proposed !== undefined && random.chance(assumed.follows_proposal.value)) {
    return { decision: proposed, why: `follows the proposal of the rules. ${data.reason ?? ""}`.trim() };
  }
  const [first] = data.reasons as { reason: string }[];
  return {
    decision: "refer_assistance",
    why: `assistance suits the case better. ${first?.reason ?? ""}`.trim(),
  };
}

function decideBy({ data, timestamp }: WireEvent, askedOfLead: boolean): number {
  const term = data.term as { expires_at: string } | undefined;
  if (term !== undefined) return Date.parse(term.expires_at) - HOUR_MS;
  const days = askedOfLead ? assumed.team_lead_days.value : assumed.review_days.value;
  return Date.parse(timestamp) + days * DAY_MS;
}
