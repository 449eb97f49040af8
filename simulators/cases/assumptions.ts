/**
 * Every figure of the generator that no source gives, in one table: its value and the reason for it. The code draws
 * from this table and `simulate --explain` lists it, so that an assumption cannot pass for a statistic. Assumptions that
 * are part of the data (block shares, sigma of total debt, channel mix) are marked in `data/debt_domain.json`.
 * @module
 */

/** A day's arrivals by hour, 0 to 23, as relative weights. */
type HourWeights = readonly number[];

const officeHours: HourWeights = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const wakingHours: HourWeights = [1, 0.5, 0, 0, 0, 0, 0.5, 1, 3, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 4, 4, 4, 3, 2];

/** Figures and tables without a source. */
export const assumptions = {
  start_of_time: {
    value: "2026-01-01T00:00:00.000Z",
    why:
      "a fixed start, so that the same seed gives the same bytes on any day; the year of the newest legal figures",
  },
  hours_online: { value: wakingHours, why: "no hourly figures found; people fill in forms when awake" },
  hours_phone_and_walk_in: {
    value: officeHours,
    why: "no hourly figures found; desks are open from 9 to 17",
  },
  weekend_weight_online: {
    value: 0.5,
    why: "no weekly figures found; half a working day, as the data file proposes",
  },
  weekend_weight_phone_and_walk_in: {
    value: 0,
    why: "desks are closed; public holidays count as working days",
  },
  impossible_ages: {
    value: {
      pensioen: ["16-24", "25-34", "35-44", "45-54", "55-64"],
      student: ["35-44", "45-54", "55-64", "65+"],
      ww: ["65+"],
      ao_ziektewet: ["65+"],
    },
    why:
      "age and income source come from separate figures; these pairs are ruled out, the rest is scaled until both " +
      "figures are met again",
  },
  household_of_age: {
    value: {
      eenpersoons: [1, 1, 0.7, 0.9, 1.3, 1.6],
      eenouder: [0.3, 0.9, 1.3, 1.2, 0.5, 0.15],
      paar_met_kinderen: [0.15, 0.9, 1.3, 1.2, 0.5, 0.1],
      paar_zonder_kinderen: [0.6, 0.9, 0.4, 0.6, 1.6, 2],
      institutioneel: [2, 1, 1, 1, 1, 1.5],
      overig: [3, 1, 0.7, 0.7, 0.7, 0.7],
    },
    why:
      "households of debtors by age were not found; how much likelier a household is in each age band than overall, " +
      "scaled until both published shares are met",
  },
  impossible_claims: {
    value: {
      kinderopvangtoeslag_terugvordering: [
        ...["eenpersoons", "paar_zonder_kinderen", "institutioneel", "overig"],
        "65+",
      ],
      hypotheek: ["bijstand", "student", "institutioneel"],
      studieschuld: ["65+"],
    },
    why: "which claims persons of a household, an age or an income are taken never to have",
  },
  monthly_income: {
    value: {
      loon: { median: 2100, sigma: 0.3 },
      zelfstandig: { median: 1900, sigma: 0.5 },
      overig_zonder_inkomen: { median: 700, sigma: 0.6 },
      ao_ziektewet: { median: 1550, sigma: 0.2 },
      pensioen: { median: 1650, sigma: 0.2 },
      student: { median: 1000, sigma: 0.3 },
      ww: { median: 1600, sigma: 0.25 },
      onbekend: { median: 1500, sigma: 0.4 },
    },
    why: "no incomes of debtors found; round net amounts in euros a month, lognormal",
  },
  couple_income_factor: { value: 1.4, why: "no source; couples have more than single persons" },
  gaps: {
    value: { profile: 0.2, fact: 0.1 },
    why:
      "no figures found on what organisations know: how often the whole profile is missing, and else each of income, " +
      "total debt, creditors and threats",
  },
  threat_of_debt_type: {
    value: {
      huur: "eviction",
      hypotheek: "eviction",
      energie: "energy_cutoff",
      drinkwater: "water_cutoff",
    },
    why: "which claims carry which threatening situation of Wgs article 4, paragraph 2",
  },
  threat_of_other_debt: {
    value: {
      eviction: 0.45,
      energy_cutoff: 0.4,
      water_cutoff: 0.14,
      health_insurance_cancellation: 0.01,
    },
    why:
      "no shares of threats were found; eviction and energy lead, and health insurance hardly ends, as the basic cover " +
      "stays during arrears (zorgverzekeringslijn.nl) and only a supplement can end",
  },
} as const;

/** Choices without a figure, one sentence each: how the model fills what the sources leave open. */
export const modellingChoices = {
  independence:
    "Income source and household depend on the age band and on each other through it; a claim depends on the person " +
    "where it is impossible. Everything else is drawn independently.",
  municipalities:
    "Population sizes are a gap: beside the three cities with a published number of persons, a municipality weighs by " +
    "its prevalence as if all were of one size, so that small places come up too often.",
  creditor_name:
    "A claim of 'Gemeente' is one of the person's own municipality; other creditors carry no proper names.",
  amounts:
    "What a claim is above the least of its type is lognormal, with the median and the 90th percentile of the type; an " +
    "amount above the most is drawn again.",
  assistance_income:
    "Social assistance is the norm of the day of the first case; where none was found (from July 2025, and before 2024) " +
    "the last one before, else the first. Persons in institutions get that of a single person.",
  season:
    "The index of all early-warning signals is applied to zorgpremie, whose January run causes it; other types are even.",
  urgency:
    "A case is urgent exactly when a situation threatens; the share is the urgent share of the type's priority mix.",
  own_threat:
    "Arrears of the smaller half of their type threaten nothing; the larger half does so twice as often.",
  other_threat:
    "A case about a claim that threatens nothing itself is urgent because of another debt of the same person.",
  total_debt:
    "Total debt is drawn; the other creditors are owed what this claim leaves of it, at least half of their even part and " +
    "the amount above which CBS counts a debt for each; for a single creditor it is the claim. Entrepreneurs owe no more than others.",
  test_numbers:
    "Only 9,091 test BSNs exist: after as many persons a number passes to a new person, so that in longer runs one " +
    "number stands for several persons.",
  returning:
    "A returning person is anyone of those who hold a test BSN at that moment, and may come back soon.",
  contact: "Contact details cannot exist: a reserved mail domain, and an area code that is not in use.",
} as const;
