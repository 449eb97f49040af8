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

function personExpectations(): ShareExpectation[] {
  const { household_types, age_bands, income_source } = sourcedFigures;
  const certainty = "chart_reading";
  return [
    { title: "household", certainty, ...household_types, itemOf: ({ profile }) => profile?.household },
    { title: "age band", certainty, ...age_bands, itemOf: ({ profile }) => profile?.age_band },
    { title: "income source", certainty, ...income_source, itemOf: ({ profile }) => profile?.income_source },
  ];
}

/** The three cities with a published number of persons; the other weights rest on an assumption. */
function cityExpectation(): ShareExpectation {
  const { source } = sourcedFigures.population.municipality_counts_2023;
  const persons = sourcedFigures.population.persons_16plus_2023.value;
  const cities = ["Amsterdam", "Rotterdam", "'s-Gravenhage"];
  const weights = municipalityWeights();
  const shares = Object.fromEntries(cities.map((city) => [city, weights[city]! / persons]));
  const others = Object.values(shares).reduce((rest, share) => rest - share, 1);
  const itemOf = ({ profile }: IntakeData) =>
    cities.find((city) => city === profile?.municipality) ?? (profile === undefined ? undefined : OTHERS);
  return {
    title: "municipality",
    source,
    certainty: "derived",
    shares: { ...shares, [OTHERS]: others },
    itemOf,
  };
}

function debtTypeExpectation(): ShareExpectation {
  return {
    title: "debt type",
    source: "CBS registers and Divosa signals within assumed blocks",
    certainty: "mixed",
    shares: Object.fromEntries(sourcedFigures.debt_types.map(({ id, weight }) => [id, weight])),
    itemOf: ({ debt_type }) => debt_type,
  };
}

function priorityShares(): Record<string, number> {
  const shareOf = (priority: (typeof priorities)[number]) =>
    sourcedFigures.debt_types.reduce((sum, type) => sum + type.weight * type.priority_mix[priority], 0);
  return Object.fromEntries(priorities.map((priority) => [priority, shareOf(priority)]));
}

function weekdayShares(): Record<string, number> {
  const week = hoursOfWeek();
  const shareOf = (day: number) =>
    week.slice(day * 24, day * 24 + 24).reduce((sum, { share }) => sum + share, 0);
  return Object.fromEntries(days.map((name, day) => [name, shareOf(day)]));
}

function assumedExpectations(): ShareExpectation[] {
  const { online, phone, walk_in } = sourcedFigures.channel_mix;
  const origin = { source: "assumption", certainty: "assumption" } as const;
  const weekday = ({ hourOfWeek }: LocalHour) => days[Math.floor(hourOfWeek / 24)];
  return [
    {
      title: "intake channel",
      ...origin,
      shares: { online, phone, walk_in },
      itemOf: (data) => data.intake_channel,
    },
    { title: "priority", ...origin, shares: priorityShares(), itemOf: (data) => data.priority },
    { title: "weekday", ...origin, shares: weekdayShares(), itemOf: (_, hour) => weekday(hour) },
  ];
}

/** Every share a report compares. */
export const expectations: readonly ShareExpectation[] = [
  ...personExpectations(),
  cityExpectation(),
  debtTypeExpectation(),
  ...assumedExpectations(),
];
