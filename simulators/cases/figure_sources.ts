/** Where every figure of the simulator comes from: one row a figure, sourced or named as an assumption. @module */
import { assumptions, modellingChoices } from "./assumptions.ts";
import { citizenAssumptions, citizenChoices } from "../citizen/assumptions.ts";
import {
  countedDebts,
  type DebtType,
  latestApplications,
  municipalities,
  smallestCountedDebt,
  sourcedFigures,
} from "./figures.ts";
import { type CaseVariantName, caseVariants } from "./variants.ts";

/**
 * How far a figure can be trusted: read in a public text, read off a chart (plus or minus one percentage point),
 * computed from quoted figures, partly sourced and partly assumed (the note says which), assumed, or a scenario's
 * departure from all of these.
 */
export type FigureCertainty = "quoted" | "chart_reading" | "derived" | "mixed" | "assumption" | "departure";

interface ExplainedFigure {
  readonly figure: string;
  readonly value: string | number;
  /** A public text, or `assumption`. */
  readonly source: string;
  readonly certainty: FigureCertainty;
  readonly note?: string;
}

interface Origin {
  readonly source: string;
  readonly confidence: string;
  readonly note?: string | undefined;
}

const plain: readonly string[] = [
  "quoted",
  "chart_reading",
  "derived",
  "assumption",
] satisfies FigureCertainty[];

/** Every figure the generator draws from. With a scenario, its departure comes first. */
export function explainFigures(scenario: CaseVariantName = "none"): ExplainedFigure[] {
  return [
    ...(scenario === "none" ? [] : [departed(scenario, caseVariants[scenario].departure)]),
    ...arrivalRows(),
    ...personRows(),
    ...sourcedFigures.debt_types.flatMap(debtTypeRows),
    ...assumptionRows(),
  ];
}

function departed(scenario: CaseVariantName, departure: string): ExplainedFigure {
  return { figure: `scenario ${scenario}`, value: departure, source: "scenario", certainty: "departure" };
}

function row(figure: string, value: string | number, { source, confidence, note }: Origin): ExplainedFigure {
  if (source === "assumption") confidence = "assumption";
  const known = plain.includes(confidence);
  const notes = [...(known ? [] : [confidence]), ...(note === undefined || note === "" ? [] : [note])];
  const certainty = known ? confidence as FigureCertainty : "mixed";
  return { figure, value, source, certainty, ...(notes.length === 0 ? {} : { note: notes.join("; ") }) };
}

function assumed(figure: string, value: string | number, why: string): ExplainedFigure {
  return row(figure, value, { source: "assumption", confidence: "assumption", note: why });
}

function shareRows(
  prefix: string,
  shares: Readonly<Record<string, number>>,
  origin: Origin,
): ExplainedFigure[] {
  return Object.entries(shares).map(([item, share]) => row(`${prefix} ${item}`, share, origin));
}

function arrivalRows(): ExplainedFigure[] {
  const { channel_mix: { note, source, ...channels }, seasonality } = sourcedFigures;
  const origin = { source, confidence: source, note };
  return [
    row(`arrivals a year (NVVK ${latestApplications.year})`, latestApplications.n, latestApplications),
    ...shareRows("intake channel", channels, origin),
    ...shareRows("season index of month", seasonality.monthly_index, seasonality),
  ];
}

function personRows(): ExplainedFigure[] {
  const { household_types, age_bands, income_source, population, outcomes, bsn } = sourcedFigures;
  const { source, confidence, ...cities } = population.municipality_counts_2023;
  return [
    ...shareRows("household", household_types.shares, household_types),
    ...shareRows("age band", age_bands.shares, age_bands),
    ...shareRows("income source", income_source.shares, income_source),
    ...assistanceRows(),
    row(
      "persons with problematic debts",
      population.persons_16plus_2023.value,
      population.persons_16plus_2023,
    ),
    ...Object.entries(cities).map(([city, n]) =>
      row(`of them in ${city}`, Number(n), { source, confidence })
    ),
    prevalenceRow(),
    row("share of returning persons", outcomes.repeat_applicants.value, outcomes.repeat_applicants),
    row("test BSNs", `${bsn.test_range.first}-${bsn.test_range.last}`, bsn.test_range),
    ...debtRows(),
  ];
}

function assistanceRows(): ExplainedFigure[] {
  const { norms, ...origin } = sourcedFigures.assistance_norms;
  return norms.map(({ from, single_eur, couple_eur, pensioner_single_eur, pensioner_couple_eur }) => {
    const amounts = [single_eur, couple_eur, pensioner_single_eur, pensioner_couple_eur].map(euros).join(
      " / ",
    );
    return row(`social assistance from ${from} in EUR, single / couple / pensioners`, amounts, origin);
  });
}

/** One row for 342 figures; the data file holds each of them. */
function prevalenceRow(): ExplainedFigure {
  const values = Object.values(municipalities.prevalence_pct);
  const range = `${values.length} values, ${Math.min(...values)} to ${Math.max(...values)}`;
  return row("prevalence by municipality, in %", range, municipalities);
}

function debtRows(): ExplainedFigure[] {
  const { creditors_per_case: creditors, total_debt_per_client: total } = sourcedFigures;
  const { A, B, C } = sourcedFigures.weight_blocks;
  return [
    row("creditors, mean", creditors.mean, creditors),
    assumed("creditors, negative binomial k", creditors.dist.k, creditors.dist.note),
    row("total debt in EUR, mean", euros(total.mean_private_eur), total),
    assumed("total debt, lognormal sigma", total.dist.sigma, total.dist.note),
    row("smallest debt CBS counts, in EUR", euros(smallestCountedDebt), countedDebts),
    ...shareRows("weight of block", { A, B, C }, { source: "assumption", confidence: "assumption" }),
  ];
}

/** An amount in euros, with two decimals. */
function euros(amount: number): string {
  return amount.toFixed(2);
}

function debtTypeRows(type: DebtType): ExplainedFigure[] {
  const { median_eur, p90_eur, min_eur, max_eur, ...amount } = type.amount;
  const mix = Object.entries(type.priority_mix).map(([priority, share]) => `${priority} ${share}`).join(", ");
  return [
    row(`${type.id}: weight`, type.weight, weightOrigin(type)),
    row(`${type.id}: amount in EUR, median / p90`, `${euros(median_eur)} / ${euros(p90_eur)}`, {
      ...amount,
      note: type.note,
    }),
    row(`${type.id}: bounds in EUR`, `${euros(min_eur)} - ${euros(max_eur)}`, amount),
    row(`${type.id}: priorities`, mix, { source: type.priority_source, confidence: type.priority_source }),
  ];
}

/** A weight is a sourced share within an assumed block: quoting it as the source's own would say too much. */
function weightOrigin({ weight_source: source, weight_confidence, block }: DebtType): Origin {
  if (weight_confidence === "assumption") return { source, confidence: "assumption" };
  return { source, confidence: `share within block ${block} ${weight_confidence}, block share assumed` };
}

function assumptionRows(): ExplainedFigure[] {
  const figures = Object.entries({ ...assumptions, ...citizenAssumptions });
  const choices = Object.entries({ ...modellingChoices, ...citizenChoices });
  return [
    ...figures.map(([figure, { value, why }]) => assumed(figure, plainValue(value), why)),
    ...choices.map(([choice, sentence]) => assumed(choice, sentence, "")),
  ];
}

function plainValue(value: unknown): string | number {
  return typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value);
}

/** The rows as text: figures of one origin together, then what they rest on. */
export function renderExplanation(rows: readonly ExplainedFigure[]): string {
  return rows.map((row, i) => {
    const line = `${row.figure} = ${row.value}`;
    const next = rows[i + 1];
    return next !== undefined && origin(next) === origin(row) ? line : `${line}\n${origin(row)}`;
  }).join("\n") + "\n";
}

function origin({ certainty, source, note }: ExplainedFigure): string {
  const first = source === certainty ? certainty : `${certainty}: ${source}`;
  return [first, ...(note === undefined ? [] : [note])].map((line) => `    ${line}`).join("\n");
}
