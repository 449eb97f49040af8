/** The shares that a distribution report holds generated cases against. @module */
import { hoursOfWeek, type LocalHour } from "../cases/arrival_pattern.ts";
import type { IntakeData } from "../case_generator.ts";
import { municipalityWeights } from "../cases/profiles.ts";
import { sourcedFigures } from "../cases/figures.ts";
import type { FigureCertainty } from "../cases/figure_sources.ts";
import { priorities } from "../../schema/events.ts";

/** Shares by item, and which item a case belongs to. */
export interface ShareExpectation {
  readonly title: string;
  readonly source: string;
  readonly certainty: FigureCertainty;
  readonly shares: Readonly<Record<string, number>>;
  /** Undefined for a case that says nothing of this. */
  readonly itemOf: (data: IntakeData, hour: LocalHour) => string | undefined;
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const OTHERS = "all others";

const { household_types, age_bands, income_source, channel_mix, debt_types, population } = sourcedFigures;
const ASSUMED = { source: "assumption", certainty: "assumption" } as const;

/** The three cities with a published number of persons; the other weights rest on an assumption. */
const CITIES = ["Amsterdam", "Rotterdam", "'s-Gravenhage"];

function cityShares(): Record<string, number> {
  const weights = municipalityWeights();
  const shares = Object.fromEntries(
    CITIES.map((city) => [city, weights[city]! / population.persons_16plus_2023.value]),
  );
  return { ...shares, [OTHERS]: Object.values(shares).reduce((rest, share) => rest - share, 1) };
}

function priorityShares(): Record<string, number> {
  const shareOf = (priority: (typeof priorities)[number]) =>
    debt_types.reduce((sum, type) => sum + type.weight * type.priority_mix[priority], 0);
  return Object.fromEntries(priorities.map((priority) => [priority, shareOf(priority)]));
}

function weekdayShares(): Record<string, number> {
  const week = hoursOfWeek();
  const shareOf = (day: number) =>
    week.slice(day * 24, day * 24 + 24).reduce((sum, { share }) => sum + share, 0);
  return Object.fromEntries(days.map((name, day) => [name, shareOf(day)]));
}

/** Every share a report compares. */
export const expectations: readonly ShareExpectation[] = [
  {
    title: "household",
    ...household_types,
    certainty: "chart_reading",
    itemOf: ({ profile }) => profile?.household,
  },
  { title: "age band", ...age_bands, certainty: "chart_reading", itemOf: ({ profile }) => profile?.age_band },
  {
    title: "income source",
    ...income_source,
    certainty: "chart_reading",
    itemOf: ({ profile }) => profile?.income_source,
  },
  {
    title: "municipality",
    source: population.municipality_counts_2023.source,
    certainty: "derived",
    shares: cityShares(),
    itemOf: ({ profile }) =>
      CITIES.find((city) => city === profile?.municipality) ?? (profile === undefined ? undefined : OTHERS),
  },
  {
    title: "debt type",
    source: "CBS registers and Divosa signals within assumed blocks",
    certainty: "mixed",
    shares: Object.fromEntries(debt_types.map(({ id, weight }) => [id, weight])),
    itemOf: ({ debt_type }) => debt_type,
  },
  {
    title: "intake channel",
    ...ASSUMED,
    shares: { online: channel_mix.online, phone: channel_mix.phone, walk_in: channel_mix.walk_in },
    itemOf: ({ intake_channel }) => intake_channel,
  },
  { title: "priority", ...ASSUMED, shares: priorityShares(), itemOf: ({ priority }) => priority },
  {
    title: "weekday",
    ...ASSUMED,
    shares: weekdayShares(),
    itemOf: (_, { hourOfWeek }) => days[Math.floor(hourOfWeek / 24)],
  },
];
