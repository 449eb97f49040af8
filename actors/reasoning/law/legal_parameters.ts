/**
 * Figures from law and official publications, with their days and sources. Reviewed data: a change here changes
 * decisions. `unverified` values may be shown, never used silently (`valueOn` refuses them). Amounts are whole cents.
 * @module
 */
import { ALWAYS, type Dated } from "./parameters.ts";
import { quoted, type Source } from "./source.ts";

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
/** Problematic debts, and the longest ordinary arrangement. */
export const NVVK_36_MONTHS = quoted(
  "NVVK Gedragscode 2024 (36 maanden)",
  "https://www.nvvk.nl/",
);
const WODC_FINES = {
  law: "Wahv art. 22-25 and the CJIB's practice, from news on a WODC report (27-6-2023)",
  url: "https://nieuws.nl/",
  certainty: "secondary",
} as const;
export const EMERGENCY_STOP: Source = {
  law: "CJIB, noodstopprocedure (four months, since 2020)",
  certainty: "secondary",
};
const PANTEIA = quoted(
  "Panteia/HU/Nibud (2024), De maatschappelijke kosten van schuldenproblematiek",
  "https://github.com/Statendaal/5euro",
);
const IQOUNT = quoted(
  "BW art. 6:119 (3% from 2010, 4% from 1-7-2011)",
  "https://www.iqount.nl/nieuws/verhoging-wettelijke-rente-per-1-juli-2011/",
);
const KOSTENWET_2022 = quoted(
  "Kostenwet, tarieven 1-1-2022 and those they replaced",
  "https://www.deurwaarderscollectiefnederland.nl/?p=8054",
);
const KOSTENWET_2023 = quoted(
  "Kostenwet, tarieven 1-1-2023",
  "https://www.deurwaarderscollectiefnederland.nl/?p=9495",
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
export const decisionWeeks: Dated<number> = {
  id: "wgs_decision_weeks",
  source: WGS_4A,
  // The article is of 2021; for the years before it, the same term is an assumption.
  values: [{ from: ALWAYS, value: 8, certainty: "assumption" }, { from: "2021-01-01", value: 8 }],
};

/**
 * Longest ordinary arrangement in months, that pays the whole of a debt, and with it the bound of problematic debts: what
 * cannot be paid from the capacity by then. Quoted since the code of conduct of 2024; assumed for the years before.
 */
export const ordinaryMonths: Dated<number> = {
  id: "ordinary_months",
  source: NVVK_36_MONTHS,
  values: [{ from: ALWAYS, value: 36, certainty: "assumption" }, { from: "2024-01-01", value: 36 }],
};

/** Length of the voluntary scheme with discharge (msnp), in months. Entrepreneurs under the Bbz can differ. */
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

/** Traffic fines from this amount may be paid in instalments (cents); null where none could. */
export const wahvInstalmentsFrom: Dated<number | null> = {
  id: "wahv_instalments_from",
  source: WODC_FINES,
  values: [
    { from: ALWAYS, value: null },
    { from: "2015-07-01", value: 22_500 },
    { from: "2019-01-01", value: 7_500 },
  ],
};

/** Time to pay a traffic fine after a reminder, in weeks. */
export const wahvReminderWeeks = fixed("wahv_reminder_weeks", WAHV_23, 4);

/** Administration fee on a traffic fine (cents). */
export const wahvFee = fixed("wahv_fee", PANTEIA, 900);

/**
 * CAK own contribution: least arrears for a signal to the municipality. An experiment; first day not
 * researched, year of publication taken.
 */
export const cakSignal: Dated<{ amount: number; months: number }> = {
  id: "cak_signal",
  source: CAK_SIGNAL,
  values: [{ from: "2024-01-01", value: { amount: 10_000, months: 5 } }],
};

/** DUO hands arrears to the CJIB from this amount and age. */
export const duoTransfer = fixed("duo_transfer", DUO_TRANSFER, { amount: 27_000, months: 3 });

/** Longest standard payment arrangement, by creditor. */
export const arrangementMonths = fixed("arrangement_months", CBS_2024, { tax: 12, toeslagen: 24 });

/** Health premium: months of arrears at the insurer's warning and at the report to the CAK (Zvw 18a-18c). */
export const zvwMonths = fixed(
  "zvw_months",
  quoted("Zvw art. 18a-18d", "https://wetten.overheid.nl/BWBR0018450/2026-01-01#Artikel18c"),
  { warning: 4, report: 6 },
);

/** Health premium: the insurer's offer of an arrangement, in months of arrears; it comes within ten working days. */
export const zvwOfferMonths = fixed(
  "zvw_offer_months",
  quoted("Zvw art. 18a", "https://schuldinfo.nl/"),
  2,
);

/**
 * Mean cost of collecting one claim out of court (cents): the saving when that is not needed. Researchers'
 * estimate.
 */
export const collectionCost = fixed("collection_cost", PANTEIA, 7_280);

/**
 * Statutory interest on consumer claims (BW 6:119), as a share a year: the ECB's rate and 2.25 points, in whole percents,
 * set anew each 1 January and 1 July. Days before 2015 and from 2025 are from public tables of others.
 */
export const consumerInterest: Dated<number> = {
  id: "consumer_interest",
  source: quoted("BW art. 6:119", "https://smkaccountants.nl/nieuws/item?id=56178"),
  values: [
    { from: "2010-01-01", value: 0.03, source: IQOUNT },
    { from: "2011-07-01", until: "2012-07-01", value: 0.04, source: IQOUNT },
    { from: "2015-01-01", value: 0.02, certainty: "secondary" },
    { from: "2023-01-01", value: 0.04, certainty: "secondary" },
    { from: "2023-07-01", value: 0.06 },
    { from: "2024-01-01", value: 0.07 },
    { from: "2025-01-01", value: 0.06, certainty: "secondary" },
    { from: "2026-01-01", until: "2026-07-01", value: 0.04, certainty: "secondary" },
  ],
};

/** Costs of a reminder of a tax (cents), below and from a bound. Those of 2023 to 2025 were not found. */
export const kostenwetReminder: Dated<{ below: number; from: number; bound: number }> = {
  id: "kostenwet_reminder",
  source: KOSTENWET,
  values: [
    {
      from: "2021-01-01",
      value: { below: 800, from: 1_700, bound: 45_400 },
      source: { ...KOSTENWET_2022, certainty: "secondary" },
    },
    {
      from: "2022-01-01",
      until: "2023-01-01",
      value: { below: 800, from: 1_800, bound: 45_400 },
      source: KOSTENWET_2022,
    },
    { from: "2026-01-01", until: "2027-01-01", value: { below: 1_000, from: 2_200, bound: 45_400 } },
  ],
};

/** Costs of a writ for a tax (cents): a base, and a step for each full amount above it. The steps of earlier years were not found. */
export const kostenwetWrit: Dated<{ base: number; step: number; per: number; max: number }> = {
  id: "kostenwet_writ",
  source: KOSTENWET,
  values: [
    {
      from: "2026-01-01",
      until: "2027-01-01",
      value: { base: 5_600, step: 500, per: 4_500, max: 1_652_400 },
    },
  ],
};

/** Costs of a seizure for a tax (cents). */
export const kostenwetSeizure: Dated<number> = {
  id: "kostenwet_seizure",
  source: KOSTENWET,
  values: [
    { from: "2021-01-01", value: 6_200, source: KOSTENWET_2022 },
    { from: "2022-01-01", value: 6_300, source: KOSTENWET_2022 },
    { from: "2023-01-01", until: "2024-01-01", value: 6_500, source: KOSTENWET_2023 },
    { from: "2026-01-01", until: "2027-01-01", value: 7_800 },
  ],
};

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
