/**
 * The sourced figures of Dutch debt assistance, as data: every value with its source and its certainty. A test checks
 * their ranges and sums. What has no source is in `assumptions.ts`.
 * @module
 */
import sourcedFigures from "./data/debt_domain.json" with { type: "json" };
import municipalities from "./data/municipality_prevalence_2023.json" with { type: "json" };

/** `municipalities`: share of persons of 16 and older with registered problematic debts, in percent (CBS, 2023). */
export { municipalities, sourcedFigures };

export type DebtType = (typeof sourcedFigures)["debt_types"][number];

/** Factors of the months on the arrivals of zorgpremie. */
export const seasonIndex: Readonly<Record<string, number>> = sourcedFigures.seasonality.monthly_index;

/** Applications for debt assistance in the latest year the NVVK reported (75,531 in 2022). */
export const latestApplications = sourcedFigures.population.nvvk_applications.reduce((latest, next) =>
  next.year > latest.year ? next : latest
);

/** The rule by which the CBS counts debts. */
export const countedDebts = sourcedFigures.legal_rules.find(({ id }) => id === "cbs_problematic_definition")!;

/** The amount above which the CBS counts a debt as one (€50): the floor of what each further creditor is owed. */
export const smallestCountedDebt = countedDebts.params.min_eur!;
