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
  monthly_income: {
    value: {
      loon: { median: 2100, sigma: 0.3 },
      zelfstandig: { median: 1900, sigma: 0.5 },
      bijstand: { median: 1350, sigma: 0.04 },
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
      zorgpremie: "health_insurance_cancellation",
    },
    why: "which claims carry which threatening situation of Wgs article 4, paragraph 2",
  },
  threat_of_other_debt: {
    value: {
      health_insurance_cancellation: 0.45,
      energy_cutoff: 0.25,
      eviction: 0.19,
      water_cutoff: 0.11,
    },
    why:
      "shares of early-warning signals (Divosa 2023: 45, 25 and 19 quoted, 11 derived), used as shares of threats " +
      "because none were found",
  },
} as const;

/** Choices without a figure, one sentence each: how the model fills what the sources leave open. */
export const modellingChoices = {
  independence:
    "Characteristics of persons and claims are drawn independently of each other, except age and income source.",
  municipalities:
    "Population sizes are a gap: beside the three cities with a published number of persons, a municipality weighs by " +
    "its prevalence as if all were of one size, so that small places come up too often.",
  creditor_name:
    "A claim of 'Gemeente' is one of the person's own municipality; other creditors carry no proper names.",
  clipping:
    "An amount drawn outside the bounds of its type becomes the bound, so that the bounds themselves occur often.",
  season:
    "The index of all early-warning signals is applied to zorgpremie, whose January run causes it; other types are even.",
  urgency:
    "A case is urgent exactly when a situation threatens; the share is the urgent share of the type's priority mix.",
  own_threat:
    "Arrears of the smaller half of their type threaten nothing; the larger half does so twice as often.",
  other_threat:
    "A case about a claim that threatens nothing itself is urgent because of another debt of the same person.",
  total_debt:
    "Total debt holds this claim and, for each further creditor, the amount above which CBS counts a debt; totals drawn " +
    "below that are raised, and for a single creditor the total is the claim; together this moves the mean about a " +
    "percent below the source. Entrepreneurs owe no more than others.",
  test_numbers:
    "Only 9,091 test BSNs exist: after as many persons a number passes to a new person, so that in longer runs one " +
    "number stands for several persons.",
  returning:
    "A returning person is anyone of those who hold a test BSN at that moment, and may come back soon.",
  contact: "Contact details cannot exist: a reserved mail domain, and an area code that is not in use.",
} as const;
