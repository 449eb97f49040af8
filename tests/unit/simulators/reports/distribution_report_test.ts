import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { localHour } from "../../../../simulators/cases/arrival_pattern.ts";
import { generateCases } from "../../../../simulators/case_generator.ts";
import { typeShares } from "../../../../simulators/cases/claims.ts";
import {
  type DistributionReport,
  distributionReport,
} from "../../../../simulators/reports/distribution_report.ts";
import { latestApplications, sourcedFigures } from "../../../../simulators/cases/figures.ts";
import { chiSquare } from "../../../../simulators/reports/goodness_of_fit.ts";
import { renderReport } from "../../../../simulators/reports/distribution_text.ts";
import {
  type CaseVariantName,
  caseVariantNames,
  caseVariants,
} from "../../../../simulators/cases/variants.ts";

/** One chance in a thousand, as a standard normal. */
const UNLIKELY = 3.09;

const COUNT = 200_000;
/** As many arrivals a year as cases: every month once. */
const reportOf = (scenario: CaseVariantName, count: number) =>
  distributionReport(generateCases({ seed: 2026, count, scenario, arrivalsPerYear: count }), scenario);

let cached: DistributionReport | undefined;
const report = () => cached ??= reportOf("none", COUNT);
const section = (from: DistributionReport, title: string) =>
  from.sections.find((one) => one.title === title)!;
const line = (from: DistributionReport, title: string, item: string) =>
  section(from, title).lines.find((one) => one.item === item)!;

/** How far a quantile of a sample may be off, as a part of itself: four standard errors of a lognormal's quantile. */
function tolerance(sigma: number, n: number, part: number): number {
  const density = part === 0.5 ? 0.3989 : 0.1755;
  return Math.expm1(4 * sigma * Math.sqrt(part * (1 - part) / n) / density) + 0.003;
}

for (
  const title of [
    "household",
    "age band",
    "income source",
    "municipality",
    "debt type",
    "intake channel",
    "priority",
  ]
) {
  Deno.test(`${title}: generated shares fit the source by chi-square`, () => {
    const { z } = section(report(), title).fit!;
    assert(z < UNLIKELY, `z = ${z}`);
  });
}

Deno.test("weekdays have the assumed shares over whole weeks", () => {
  const monday = Date.parse("2026-01-05T00:00:00+01:00");
  const counts = new Array<number>(7).fill(0);
  for (const { event } of generateCases({ seed: 5, count: Infinity, from: "2026-01-05T00:00:00+01:00" })) {
    const time = Date.parse(event.timestamp);
    if (time >= monday + 11 * 7 * 86_400_000) break;
    counts[Math.floor(localHour(time).hourOfWeek / 24)]!++;
  }
  const weekend = 0.5 / 6 * 0.5;
  const workday = (1 - 2 * weekend) / 5;
  assert(chiSquare(counts, [weekend, ...new Array<number>(5).fill(workday), weekend]).z < UNLIKELY);
});

Deno.test("nobody phones or walks in outside office hours", () => {
  for (const { event } of generateCases({ seed: 3, count: 20_000 })) {
    if (event.data.intake_channel === "online") continue;
    const { hourOfWeek } = localHour(Date.parse(event.timestamp));
    assert(hourOfWeek % 24 >= 9 && hourOfWeek % 24 < 17 && hourOfWeek >= 24 && hourOfWeek < 144);
  }
});

Deno.test("a year has as many arrivals as the NVVK reported", () => {
  const cases = [...generateCases({ seed: 4, count: latestApplications.n })];
  const years = (Date.parse(cases.at(-1)!.event.timestamp) - Date.parse("2026-01-01")) /
    (365.2425 * 86_400_000);
  assertAlmostEquals(years, 1, 0.02);
});

Deno.test("every type has the median and the ninetieth percentile of the data file", () => {
  for (const { id, amount } of sourcedFigures.debt_types) {
    for (
      const [title, part] of [["debt amount, median", 0.5], ["debt amount, 90th percentile", 0.9]] as const
    ) {
      const { deviation, cases } = line(report(), title, id);
      assert(
        Math.abs(deviation / 100) < tolerance(amount.sigma, cases, part),
        `${id} ${title}: ${deviation}%`,
      );
    }
  }
});

Deno.test("premium arrears peak in March by the published index", () => {
  const { lines } = section(report(), "season of zorgpremie, by month");
  assertEquals(lines.length, 12);
  assertEquals(lines.reduce((a, b) => a.generated > b.generated ? a : b).item, "3");
  for (const { deviation, cases } of lines) assert(Math.abs(deviation) < 400 / Math.sqrt(cases) * 1.1);
});

Deno.test("persons return at the published rate", () => {
  const { deviation } = line(report(), "returning persons", "returning");
  assert(Math.abs(deviation) < 400 * Math.sqrt(0.038 * 0.962 / COUNT));
});

Deno.test("creditors have the published mean, and total debt is within three percent of it", () => {
  assert(Math.abs(line(report(), "creditors of a person", "mean").deviation) < 1);
  assert(Math.abs(line(report(), "total debt of a person", "mean").deviation) < 3);
});

Deno.test("every scenario but none says what departs, and departs", () => {
  const plain = reportOf("none", 20_000);
  for (const name of caseVariantNames.filter((name) => name !== "none")) {
    const other = reportOf(name, 20_000);
    assert(other.departure.length > 40 && other.departure === caseVariants[name].departure);
    assert(JSON.stringify(other.sections) !== JSON.stringify(plain.sections), name);
  }
});

Deno.test("scenario cak: 15% of the cases, all other types in the proportions of the source", () => {
  const cak = reportOf("cak", 40_000);
  const counts = section(cak, "debt type").lines.map(({ cases }) => cases);
  assertAlmostEquals(line(cak, "debt type", "cak_eigen_bijdrage").generated, 0.15, 0.01);
  assert(chiSquare(counts, typeShares(caseVariants.cak)).z < UNLIKELY);
});

Deno.test("scenario winter: energy claims treble from November to February and not in summer", () => {
  const shareOf = (from: string, scenario: CaseVariantName) => {
    const cases = [...generateCases({ seed: 6, count: 5000, from, scenario })];
    return cases.filter(({ event }) => event.data.debt_type === "energie").length / cases.length;
  };
  const winter = 3 * 0.075 / (1 + 2 * 0.075);
  assertAlmostEquals(shareOf("2026-01-10T00:00:00Z", "winter"), winter, 0.02);
  assertAlmostEquals(
    shareOf("2026-07-01T00:00:00Z", "winter"),
    shareOf("2026-07-01T00:00:00Z", "none"),
    0.003,
  );
});

Deno.test("scenario crisis: three times the threats, in two thirds of the time", () => {
  const [plain, crisis] = (["none", "crisis"] as const).map((scenario) => {
    const cases = [...generateCases({ seed: 7, count: 20_000, scenario })];
    const urgent = cases.filter(({ event }) => event.data.priority === "urgent").length;
    return { urgent, time: Date.parse(cases.at(-1)!.event.timestamp) - Date.parse("2026-01-01") };
  });
  assertAlmostEquals(crisis!.urgent / plain!.urgent, 3, 0.25);
  assertAlmostEquals(crisis!.time / plain!.time, 2 / 3, 0.03);
});

Deno.test("a report of no cases and of bare cases has no persons to speak of, and renders", () => {
  const bare = distributionReport(generateCases({ seed: 1, count: 50, profile: false }));
  assertEquals(section(bare, "household").lines, []);
  for (const one of [bare, distributionReport([])]) assert(!renderReport(one).includes("NaN"));
});

Deno.test("a rendered report puts source and generated side by side", () => {
  const text = renderReport(report());
  assert(/zorgpremie +13\.50% +13\.\d\d% +[+-]\d\.\d\d pp +\d+/.test(text));
  assert(text.includes("intake channel (assumption)") && text.includes("chi-square"));
});
