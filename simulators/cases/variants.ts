/** Labelled departures from the sourced figures, for demonstrations and load that the figures do not show. @module */

/** What a scenario changes. Everything it does not name stays as sourced. */
export interface CaseVariant {
  /** One sentence that says what departs from the sources. */
  readonly departure: string;
  /** Shares that replace those of debt types; the others shrink in proportion. */
  readonly typeShares: Readonly<Record<string, number>>;
  /** Factors on the arrivals of debt types in months (1 to 12), on top of the season. */
  readonly monthFactors: Readonly<Record<string, Readonly<Record<number, number>>>>;
  /** Factor on the share of threatening situations. */
  readonly threatFactor: number;
  /** Factor on all arrivals. */
  readonly arrivalFactor: number;
}

const sourcedVariant: CaseVariant = {
  departure: "Nothing departs from the sources.",
  typeShares: {},
  monthFactors: {},
  threatFactor: 1,
  arrivalFactor: 1,
};

export const caseVariants = {
  none: sourcedVariant,
  cak: {
    ...sourcedVariant,
    departure: "The own contribution claimed by the CAK is 15% of the cases, where the figures give 0.5%.",
    typeShares: { cak_eigen_bijdrage: 0.15 },
  },
  winter: {
    ...sourcedVariant,
    departure:
      "From November to February energy claims arrive at three times their rate; no source gives a season.",
    monthFactors: { energie: { 11: 3, 12: 3, 1: 3, 2: 3 } },
  },
  crisis: {
    ...sourcedVariant,
    departure:
      "Arrivals are one and a half times, and threatening situations three times, what is assumed elsewhere.",
    threatFactor: 3,
    arrivalFactor: 1.5,
  },
} as const satisfies Record<string, CaseVariant>;

export type CaseVariantName = keyof typeof caseVariants;

/** The names, for a command line's choices. */
export const caseVariantNames = Object.keys(caseVariants) as CaseVariantName[];
