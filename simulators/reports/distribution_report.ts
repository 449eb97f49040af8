/** Compares generated cases with the sources: the expected and the generated figures, with the deviation. @module */
import { localHour } from "../cases/arrival_pattern.ts";
import type { GeneratedCase } from "../case_generator.ts";
import { seasonIndex, sourcedFigures } from "../cases/figures.ts";
import type { FigureCertainty } from "../cases/figure_sources.ts";
import { type ChiSquare, chiSquare } from "./goodness_of_fit.ts";
import { PreciseHistogram } from "../load/precise_histogram.ts";
import { expectations, type ShareExpectation } from "./distribution_expectations.ts";
import { type CaseVariantName, caseVariants } from "../cases/variants.ts";

/** `share`: a part of all cases, deviation in percentage points. Others: an amount, deviation in percent. */
export type Unit = "share" | "euro" | "number" | "index";

export interface ReportLine {
  readonly item: string;
  /** The figure of the source, or of the assumption. */
  readonly source: number;
  readonly generated: number;
  /** Generated minus source: percentage points for shares, percent of the source for everything else. */
  readonly deviation: number;
  /** The number of cases behind the generated figure: few of them explain a large deviation. */
  readonly cases: number;
}

export interface DistributionSection {
  readonly title: string;
  readonly unit: Unit;
  readonly source: string;
  readonly certainty: FigureCertainty;
  readonly fit?: ChiSquare;
  readonly lines: readonly ReportLine[];
}

export interface DistributionReport {
  readonly cases: number;
  /** How the scenario departs from the sources, which explains a deviation. */
  readonly departure: string;
  readonly sections: readonly DistributionSection[];
}

/** Reads all cases once, in constant memory, and compares them with the sources. */
export function distributionReport(
  cases: Iterable<GeneratedCase>,
  scenario: CaseVariantName = "none",
): DistributionReport {
  const counts = new CaseCounts();
  for (const one of cases) counts.add(one);
  return { cases: counts.cases, departure: caseVariants[scenario].departure, sections: counts.sections() };
}

/** A billion euro. */
const MOST_CENTS = 1e11;

/** The sum of a fact over the cases that it is known of. */
interface Sum {
  cases: number;
  sum: number;
}

function addKnown(to: Sum, value: number | undefined): void {
  if (value === undefined) return;
  to.cases++;
  to.sum += value;
}

class CaseCounts {
  cases = 0;
  #returning = 0;
  readonly #creditors: Sum = { cases: 0, sum: 0 };
  readonly #totalDebt: Sum = { cases: 0, sum: 0 };
  readonly #shares = expectations.map((expected) => ({ expected, counts: new Map<string, number>() }));
  readonly #amounts = new Map(
    sourcedFigures.debt_types.map(({ id }) => [id, new PreciseHistogram(MOST_CENTS)]),
  );
  readonly #premiumsByMonth = new Array<number>(12).fill(0);
  readonly #othersByMonth = new Array<number>(12).fill(0);

  add({ event: { data, timestamp }, returning }: GeneratedCase): void {
    const hour = localHour(Date.parse(timestamp));
    this.cases++;
    if (returning) this.#returning++;
    for (const { expected, counts } of this.#shares) {
      const item = expected.itemOf(data, hour);
      if (item !== undefined) counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    this.#amounts.get(data.debt_type)?.record(Math.round(data.debt_amount * 100));
    (data.debt_type === "zorgpremie" ? this.#premiumsByMonth : this.#othersByMonth)[hour.month - 1]!++;
    addKnown(this.#creditors, data.profile?.creditors);
    addKnown(this.#totalDebt, data.profile?.total_debt);
  }

  sections(): DistributionSection[] {
    return [
      ...this.#shares.map(({ expected, counts }) => shareSection(expected, counts)),
      this.#returningSection(),
      this.#seasonSection(),
      this.#quantileSection("debt amount, median", 0.5, "median_eur"),
      this.#quantileSection("debt amount, 90th percentile", 0.9, "p90_eur"),
      ...this.#personSections(),
    ];
  }

  #returningSection(): DistributionSection {
    const { value, source } = sourcedFigures.outcomes.repeat_applicants;
    const lines = this.cases === 0 ? [] : [shareLine("returning", value, this.#returning, this.cases)];
    return { title: "returning persons", unit: "share", source, certainty: "derived", lines };
  }

  /** Premium claims against all others of the same month, so that the calendar of the run does not matter. */
  #seasonSection(): DistributionSection {
    const { source } = sourcedFigures.seasonality;
    const weight = sourcedFigures.debt_types.find(({ id }) => id === "zorgpremie")!.weight;
    const lines = this.#premiumsByMonth.flatMap((premiums, i) => {
      const others = this.#othersByMonth[i]!;
      if (others === 0) return [];
      const index = premiums / others / (weight / (1 - weight));
      return [relativeLine(String(i + 1), seasonIndex[i + 1]!, index, premiums)];
    });
    return { title: "season of zorgpremie, by month", unit: "index", source, certainty: "derived", lines };
  }

  #quantileSection(title: string, part: number, figure: "median_eur" | "p90_eur"): DistributionSection {
    const lines = sourcedFigures.debt_types.flatMap(({ id, amount }) => {
      const histogram = this.#amounts.get(id)!;
      const { count } = histogram;
      return count === 0
        ? []
        : [relativeLine(id, amount[figure], histogram.percentile(100 * part) / 100, count)];
    });
    return {
      title,
      unit: "euro",
      source: "domain/debt_domain.json, source by type",
      certainty: "mixed",
      lines,
    };
  }

  #personSections(): DistributionSection[] {
    const { creditors_per_case: creditors, total_debt_per_client: total } = sourcedFigures;
    const mean = (
      title: string,
      unit: Unit,
      { source }: { source: string },
      expected: number,
      { sum, cases }: Sum,
    ) => {
      const lines = cases === 0 ? [] : [relativeLine("mean", expected, sum / cases, cases)];
      return { title, unit, source, certainty: "quoted" as const, lines };
    };
    return [
      mean("creditors of a person", "number", creditors, creditors.mean, this.#creditors),
      mean("total debt of a person", "euro", total, total.mean_private_eur, this.#totalDebt),
    ];
  }
}

function shareLine(item: string, source: number, cases: number, total: number): ReportLine {
  const generated = cases / total;
  return { item, source, generated, deviation: 100 * (generated - source), cases };
}

function relativeLine(item: string, source: number, generated: number, cases: number): ReportLine {
  return { item, source, generated, deviation: 100 * (generated / source - 1), cases };
}

function shareSection(expected: ShareExpectation, counts: ReadonlyMap<string, number>): DistributionSection {
  const { title, source, certainty } = expected;
  const items = Object.entries(expected.shares);
  const observed = items.map(([item]) => counts.get(item) ?? 0);
  const total = observed.reduce((sum, count) => sum + count, 0);
  const lines = total === 0
    ? []
    : items.map(([item, share], i) => shareLine(item, share, observed[i]!, total));
  const fit = chiSquare(observed, Object.values(expected.shares));
  return { title, unit: "share", source, certainty, ...(total === 0 ? {} : { fit }), lines };
}
