/**
 * The sourced figures of Dutch debt assistance, as data. `domain/debt_domain.json` and
 * `domain/municipality_prevalence_2023.json` hold every value with its source and its certainty; here they are
 * checked once, when the program starts, and given types. What has no source is in `assumptions.ts`.
 * @module
 */
import { z } from "zod";
import { ageBands, households, incomeSources, intakeChannels, priorities } from "../../schema/events.ts";
import debtDomain from "./data/debt_domain.json" with { type: "json" };
import municipalityPrevalence from "./data/municipality_prevalence_2023.json" with { type: "json" };

const share = z.number().min(0).max(1);
const sourced = { source: z.string(), confidence: z.string(), note: z.string().optional() };

/** Shares over every key of a closed list; a missing or unknown key is refused. */
function sharesOver<const K extends readonly string[]>(keys: K) {
  return z.record(z.enum(keys), share).refine((shares) => sumsToOne(Object.values(shares)), {
    error: "shares sum to 1",
  });
}

function sumsToOne(values: readonly number[]): boolean {
  return Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) < 1e-6;
}

/** Parameters of a lognormal amount in euros; draws outside `min_eur … max_eur` become the bound. */
const amountSchema = z.object({
  dist: z.literal("lognormal"),
  median_eur: z.number().positive(),
  p90_eur: z.number().positive(),
  mu: z.number(),
  sigma: z.number().positive(),
  min_eur: z.number().min(0),
  max_eur: z.number().positive(),
  source: z.string(),
  confidence: z.string(),
});

const debtTypeSchema = z.object({
  id: z.string().min(1),
  label_nl: z.string(),
  organization: z.string(),
  block: z.enum(["A", "B", "C"]),
  weight: share,
  weight_source: z.string(),
  weight_confidence: z.string(),
  amount: amountSchema,
  priority_mix: sharesOver(priorities),
  priority_source: z.string(),
  note: z.string().optional(),
});

const sharesTable = <const K extends readonly string[]>(keys: K) =>
  z.object({ ...sourced, unit: z.string().optional(), shares: sharesOver(keys) });

const negativeBinomialSchema = z.object({
  type: z.literal("negative_binomial"),
  mean: z.number().positive(),
  k: z.number().positive(),
  min: z.int(),
  max: z.int(),
  source: z.string(),
  note: z.string(),
});

const populationSchema = z.object({
  persons_16plus_2023: z.object({ value: z.int().positive(), ...sourced }),
  municipality_counts_2023: z.object({
    Amsterdam: z.int(),
    Rotterdam: z.int(),
    s_Gravenhage: z.int(),
    ...sourced,
  }),
  nvvk_applications: z.array(z.object({ year: z.int(), n: z.int().positive(), ...sourced })).min(1),
});

const totalDebtSchema = z.object({
  mean_private_eur: z.number(),
  ...sourced,
  dist: z.object({
    type: z.literal("lognormal"),
    mu: z.number(),
    sigma: z.number().positive(),
    source: z.string(),
    note: z.string(),
  }),
});

const testRangeSchema = z.object({
  first: z.string().regex(/^9999\d{5}$/),
  last: z.string().regex(/^9999\d{5}$/),
  n_valid_computed: z.int(),
  ...sourced,
});

const sourcedFiguresSchema = z.object({
  population: populationSchema,
  household_types: sharesTable(households),
  age_bands: sharesTable(ageBands),
  income_source: sharesTable(incomeSources),
  debt_types: z.array(debtTypeSchema).length(29).refine(
    (types) => sumsToOne(types.map((type) => type.weight)),
    { error: "weights sum to 1" },
  ),
  weight_blocks: z.object({ A: share, B: share, C: share, source: z.string(), note: z.string() }),
  creditors_per_case: z.object({ mean: z.number(), ...sourced, dist: negativeBinomialSchema }),
  total_debt_per_client: totalDebtSchema,
  channel_mix: z.object({ online: share, phone: share, walk_in: share, source: z.string(), note: z.string() })
    .refine((mix) => sumsToOne(intakeChannels.map((channel) => mix[channel])), { error: "shares sum to 1" }),
  seasonality: z.object({ monthly_index: z.record(z.string(), z.number().positive()), ...sourced }),
  weekly_pattern: z.object({ source: z.string(), note: z.string() }),
  outcomes: z.object({ repeat_applicants: z.object({ value: share, ...sourced }) }),
  legal_rules: z.array(z.looseObject({ id: z.string(), params: z.looseObject({}), source: z.string() })),
  bsn: z.object({ test_range: testRangeSchema }),
});

const municipalitySchema = z.object({
  unit: z.string(),
  ...sourced,
  prevalence_pct: z.record(z.string(), z.number().positive()),
});

export type DebtType = z.infer<typeof debtTypeSchema>;
type SourcedFigures = z.infer<typeof sourcedFiguresSchema>;

/** Every sourced figure the simulator uses. */
export const sourcedFigures: SourcedFigures = sourcedFiguresSchema.parse(debtDomain);

/** Share of persons of 16 and older with registered problematic debts, in percent, by municipality (CBS, 2023). */
export const municipalities = municipalitySchema.parse(municipalityPrevalence);

/** Applications for debt assistance in the latest year the NVVK reported (75,531 in 2022). */
export const latestApplications = sourcedFigures.population.nvvk_applications.reduce((latest, next) =>
  next.year > latest.year ? next : latest
);

/** The amount above which the CBS counts a debt as one (€50): the floor of what each further creditor is owed. */
export const smallestCountedDebt: number = z.number().parse(
  sourcedFigures.legal_rules.find((rule) => rule.id === "cbs_problematic_definition")?.params.min_eur,
);
