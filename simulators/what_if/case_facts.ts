/** What a report breaks cases down by. A person is known by a number that says nothing of who it is. Pure. @module */
import type { WireEvent } from "../../schema/events.ts";

export const dimensions = [
  "rule",
  "debt_type",
  "organization",
  "household",
  "income_source",
  "age_band",
] as const;
export type Dimension = (typeof dimensions)[number];

/** The facts of a case, from its intake. */
export interface CaseFacts {
  readonly values: Readonly<Record<Exclude<Dimension, "rule">, string>>;
  /** The claim, in cents. */
  readonly claim: number;
  readonly person: number;
}

/** Stands where an intake does not say. */
export const UNKNOWN = "not known";

export const unknownFacts: CaseFacts = {
  values: {
    debt_type: UNKNOWN,
    organization: UNKNOWN,
    household: UNKNOWN,
    income_source: UNKNOWN,
    age_band: UNKNOWN,
  },
  claim: 0,
  person: 0,
};

/** Texts that many cases share, kept once. */
const shared = new Map<string, string>();
const MOST_SHARED = 10_000;

function share(value: unknown): string {
  if (typeof value !== "string" || value === "") return UNKNOWN;
  const known = shared.get(value);
  if (known !== undefined) return known;
  if (shared.size < MOST_SHARED) shared.set(value, value);
  return value;
}

export function factsOf({ data }: WireEvent): CaseFacts {
  const profile = (data.profile ?? {}) as Record<string, unknown>;
  const { debt_type, organization, debt_amount, citizen_bsn } = data;
  return {
    values: {
      debt_type: share(debt_type),
      organization: share(organization),
      household: share(profile.household),
      income_source: share(profile.income_source),
      age_band: share(profile.age_band),
    },
    claim: Math.round(Number(debt_amount) * 100) || 0,
    person: numberOf(String(citizen_bsn)),
  };
}

/** A text as a number of 53 bits: alike for the same text, and not to be read back. */
export function numberOf(text: string): number {
  let [high, low] = [0x811c9dc5, 0x1000193];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  return (high >>> 0) * 0x200000 + ((low >>> 0) & 0x1fffff);
}
