/** Intakes for the tests of the reasoning. @module */
import fc from "fast-check";
import {
  ageBands,
  type DataOf,
  households,
  incomeSources,
  intakeChannels,
  priorities,
  threats,
} from "../../../../schema/events.ts";
import { cents } from "../../../../schema/money.ts";
import { knownDebtTypes } from "../../../../actors/reasoning/rules/debt_classes.ts";

export type Intake = DataOf<"case.intake">;
export const AT = "2026-01-15T10:00:00Z";

/** A bare intake, as in the brief, with a BSN that passes. Amounts in cents. */
export function bareIntake(change: Partial<Intake> = {}): Intake {
  return {
    case_id: "case-1",
    citizen_bsn: "999993653",
    debt_amount: cents(30_000),
    debt_type: "cak_eigen_bijdrage",
    organization: "CAK",
    intake_channel: "online",
    priority: "normal",
    ...change,
  };
}

/**
 * An intake of a single person with one debt, whose income leaves €90 a month to repay from on 15 January 2026: above the
 * beslagvrije voet of July 2025 raised by the assumed 3.5%, €2,166.95.
 */
export function fullIntake(change: Partial<Intake> = {}, profile: Partial<Intake["profile"]> = {}): Intake {
  return bareIntake({
    ...change,
    profile: {
      household: "eenpersoons",
      age_band: "35-44",
      municipality: "Utrecht",
      income_source: "loon",
      monthly_income: cents(225_695),
      creditors: 1,
      total_debt: change.debt_amount ?? cents(30_000),
      threats: [],
      contact: { name: "Testpersoon 1", email: "testpersoon-1@example.org" },
      ...profile,
    },
  });
}

const amounts = fc.oneof(fc.integer({ min: 0, max: 500_000 }), fc.integer({ min: 0, max: 100_000_000_000 }))
  .map(cents);

const profiles: fc.Arbitrary<NonNullable<Intake["profile"]>> = fc.record({
  household: fc.constantFrom(...households),
  age_band: fc.constantFrom(...ageBands),
  municipality: fc.string({ minLength: 1, maxLength: 20 }),
  income_source: fc.constantFrom(...incomeSources),
  monthly_income: fc.integer({ min: 0, max: 2_000_000 }).map(cents),
  creditors: fc.integer({ min: 0, max: 1000 }),
  total_debt: amounts,
  threats: fc.subarray([...threats]),
  contact: fc.record({ name: fc.string({ minLength: 1, maxLength: 20 }) }),
}, { requiredKeys: [] });

/** Any valid intake: bare, full or in between, of known and unknown debt types. */
export const anyIntake: fc.Arbitrary<Intake> = fc.record({
  case_id: fc.uuid(),
  citizen_bsn: fc.constantFrom("999993653", "123456782", "123456789", "000000000"),
  debt_amount: amounts,
  debt_type: fc.oneof(fc.constantFrom(...knownDebtTypes), fc.string({ minLength: 1, maxLength: 20 })),
  organization: fc.string({ minLength: 1, maxLength: 20 }),
  intake_channel: fc.constantFrom(...intakeChannels),
  priority: fc.constantFrom(...priorities),
  profile: profiles,
}, {
  requiredKeys: [
    "case_id",
    "citizen_bsn",
    "debt_amount",
    "debt_type",
    "organization",
    "intake_channel",
    "priority",
  ],
});

/** Any time the rules know: from 2012 to 2040. */
export const anyTime: fc.Arbitrary<string> = fc.integer({
  min: Date.UTC(2012, 6, 2),
  max: Date.UTC(2040, 0, 1),
}).map((time) => new Date(time).toISOString());
