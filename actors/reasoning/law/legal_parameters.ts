/**
 * Figures from law and official publications, with their days and sources. Reviewed data: a change here changes
 * decisions. `unverified` values may be shown, never used silently (`valueOn` refuses them). Amounts are whole cents.
 * @module
 */
import { ALWAYS, type Dated } from "./parameters.ts";
import type { Source } from "./source.ts";

const quoted = (law: string, url: string): Source => ({ law, url, certainty: "quoted" });

export const WGS_4 = quoted("Wgs art. 4", "https://wetten.overheid.nl/BWBR0031331/2026-07-01#Artikel4");
export const WGS_4A = quoted("Wgs art. 4a", "https://wetten.overheid.nl/BWBR0031331/2026-07-01#Artikel4a");
export const WAHV_23 = quoted(
  "Wahv art. 22-25",
  "https://wetten.overheid.nl/BWBR0004581/2026-09-01#Artikel23",
);
export const WIK = quoted(
  "Besluit vergoeding voor buitengerechtelijke incassokosten (WIK) art. 2",
  "https://zoek.officielebekendmakingen.nl/stb-2012-141.html",
);
export const CAK_SIGNAL = quoted(
  "Tijdelijke regeling signaal betalingsachterstanden art. 2.4",
  "https://zoek.officielebekendmakingen.nl/stcrt-2024-10148.html",
);
const CBS_2024 = quoted(
  "CBS (mei 2024), Personen met geregistreerde problematische schulden 2021-2023",
  "https://dashboards.cbs.nl/v5/SchuldenproblematiekInBeeld/",
);
export const DUO_TRANSFER = CBS_2024;
const NVVK_TERM = quoted(
  "NVVK, verkorting aflosperiode msnp",
  "https://www.nvvk.nl/verkorting-aflosperiode",
);
export const BESLAGVRIJE_VOET = quoted(
  "Beslagvrije voet (schuldinfo.nl, uwbeslagvrijevoet.nl)",
  "https://schuldinfo.nl/beslag-inkomen/hoogte-beslagvrije-voet/",
);
const PANTEIA = quoted(
  "Panteia/HU/Nibud (2024), De maatschappelijke kosten van schuldenproblematiek",
  "https://github.com/Statendaal/5euro",
);
const KOSTENWET = quoted(
  "Kostenwet invordering rijksbelastingen art. 2-4",
  "https://wetten.overheid.nl/BWBR0002645/2026-01-01",
);

/** A figure that holds for every day this runtime sees. */
function fixed<T>(id: string, source: Source, value: T): Dated<T> {
  return { id, source, values: [{ from: ALWAYS, value }] };
}

/** The type of the values follows from the figures. */
function dated<T>(parameter: Dated<T>): Dated<T> {
  return parameter;
}

/** First meeting after a request for debt assistance: weeks. */
export const firstMeetingWeeks = fixed("wgs_first_meeting_weeks", WGS_4, 4);

/** First meeting in a threatening situation: working days. */
export const threateningWorkingDays = fixed("wgs_threatening_working_days", WGS_4, 3);

/** Decision (plan or refusal) after the first meeting: weeks, the most a municipality may set. */
export const decisionWeeks = fixed("wgs_decision_weeks", WGS_4A, 8);

/** Length of the voluntary scheme (msnp), in months. Entrepreneurs under the Bbz can differ. */
export const msnpMonths: Dated<number> = {
  id: "msnp_months",
  source: NVVK_TERM,
  values: [{ from: ALWAYS, value: 36 }, { from: "2023-07-01", value: 18 }],
};

/**
 * Length of the court scheme (Wsnp); at most 42 months at admission and 60 by extension. From judgment, or
 * from the first repayment in the voluntary scheme if earlier.
 */
export const wsnpMonths: Dated<number> = {
  id: "wsnp_months",
  source: quoted("Fw art. 349a", "https://wetten.overheid.nl/BWBR0001860/2026-09-01#Artikel349a"),
  values: [{ from: ALWAYS, value: 36 }, { from: "2023-07-01", value: 18 }],
};

/**
 * Scale of collection costs on a principal without interest, with its least and most (cents). Of each band the share
 * of the part of the principal that falls in it; `width` is null for the rest.
 */
export const wikScale = dated({
  id: "wik_scale",
  source: WIK,
  values: [{
    from: "2012-07-01",
    value: {
      bands: [
        { width: 250_000, share: 0.15 },
        { width: 250_000, share: 0.10 },
        { width: 500_000, share: 0.05 },
        { width: 19_000_000, share: 0.01 },
        { width: null, share: 0.005 },
      ],
      min: 4_000,
      max: 677_500,
    },
  }],
});

/**
 * The free reminder before collection costs may be charged to a consumer (BW 6:96 lid 6), in days. Not found
 * in an official text when the data was gathered.
 */
export const wikReminderDays = fixed("wik_reminder_days", {
  law: "BW art. 6:96 lid 6",
  certainty: "unverified",
}, 14);

/**
 * Traffic fines: the factor on the first amount after no, one and two increases. Lawfulness of the increases
 * is before the Hoge Raad (press, January 2026): kept configurable.
 */
export const wahvFactors = fixed("wahv_factors", WAHV_23, [1, 1.5, 3] as const);

/** Traffic fines from this amount may be paid in instalments (cents). */
export const wahvInstalmentsFrom = fixed("wahv_instalments_from", WAHV_23, 22_500);

/** Time to pay a traffic fine after a reminder, in weeks. */
export const wahvReminderWeeks = fixed("wahv_reminder_weeks", WAHV_23, 4);

/** Administration fee on a traffic fine (cents). */
export const wahvFee = fixed("wahv_fee", PANTEIA, 900);

/**
 * CAK own contribution: least arrears for a signal to the municipality. An experiment; first day not
 * researched, year of publication taken.
 */
export const cakSignal: Dated<{ cents: number; months: number }> = {
  id: "cak_signal",
  source: CAK_SIGNAL,
  values: [{ from: "2024-01-01", value: { cents: 10_000, months: 5 } }],
};

/** DUO hands arrears to the CJIB from this amount and age. */
export const duoTransfer = fixed("duo_transfer", DUO_TRANSFER, { cents: 27_000, months: 3 });

/** Longest standard payment arrangement, by creditor. */
export const arrangementMonths = fixed("arrangement_months", CBS_2024, { tax: 12, benefits: 24 });

/** Health premium: months of arrears at the insurer's warning and at the report to the CAK (Zvw 18a-18c). */
export const zvwMonths = fixed(
  "zvw_months",
  quoted("Zvw art. 18a-18d", "https://wetten.overheid.nl/BWBR0018450/2026-01-01#Artikel18c"),
  { warning: 4, report: 6 },
);

/** Health premium: the insurer's offer of an arrangement, in months. */
export const zvwOfferMonths = fixed("zvw_offer_months", { law: "Zvw art. 18a", certainty: "unverified" }, 2);

/** Least share of net income that counts as room to repay; low incomes keep the rest. */
export const leastCapacityShare = fixed(
  "least_capacity_share",
  quoted("Beslagvrije voet, 5%-regel", "https://www.uwbeslagvrijevoet.nl/uitlegrekenregels"),
  0.05,
);

/**
 * Highest beslagvrije voet by household (cents a month). Maxima of January 2024. Later ones were not found:
 * carried forward, and said so in the reason codes.
 */
export const beslagvrijeVoetMax: Dated<{ single: number; parent: number; couple: number; family: number }> = {
  id: "beslagvrije_voet_max",
  source: BESLAGVRIJE_VOET,
  values: [{
    from: "2024-01-01",
    value: { single: 199_621, parent: 216_260, couple: 263_149, family: 274_709 },
  }],
  known_until: "2024-07-01",
};

/**
 * Mean cost of collecting one claim out of court (cents): the saving when that is not needed. Researchers'
 * estimate.
 */
export const collectionCost = fixed("collection_cost", PANTEIA, 7_280);

/**
 * Statutory interest on consumer claims (BW 6:119), as a share a year. Quoted from July 2023 to the end
 * of 2024; the other days are from two public code tables.
 */
export const consumerInterest: Dated<number> = {
  id: "consumer_interest",
  source: quoted("BW art. 6:119", "https://smkaccountants.nl/nieuws/item?id=56178"),
  values: [
    { from: "2015-01-01", value: 0.02, certainty: "secondary" },
    { from: "2023-01-01", value: 0.04, certainty: "secondary" },
    { from: "2023-07-01", value: 0.06 },
    { from: "2024-01-01", value: 0.07 },
    { from: "2025-01-01", value: 0.06, certainty: "secondary" },
    { from: "2026-01-01", value: 0.04, certainty: "secondary" },
  ],
  known_until: "2026-07-01",
};

/**
 * Costs of collecting national and local taxes (cents). Only the figures of 2026 are known: earlier days have
 * no value.
 */
export const kostenwet = dated({
  id: "kostenwet",
  source: KOSTENWET,
  values: [{
    from: "2026-01-01",
    value: {
      reminderBelow: 1_000,
      reminderFrom: 2_200,
      reminderBound: 45_400,
      writBase: 5_600,
      writStep: 500,
      writPer: 4_500,
      writMax: 1_652_400,
      seizure: 7_800,
    },
  }],
  known_until: "2027-01-01",
});

/**
 * Municipal remission (kwijtschelding): income norm and limits to what one may own (cents). Examples, not a
 * law. Differs by municipality: to be set by each.
 */
export const remissionNorms = fixed("remission_norms", {
  law: "Leidraad kwijtschelding, voorbeeld Wageningen 2023",
  url:
    "https://www.wageningen.nl/direct-regelen/belastingen/belastingen/kwijtschelding-rioolheffing-en-afvalstoffenheffing/",
  certainty: "quoted",
}, { incomeShareOfNorm: 1, car: 335_000, bankSingle: 311_000 });
