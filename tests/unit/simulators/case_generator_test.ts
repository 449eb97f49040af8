import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { hash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { passesElevenTest } from "../../../schema/bsn.ts";
import { readInput } from "../../../schema/input.ts";
import { assumptions } from "../../../simulators/cases/assumptions.ts";
import { caseLine, generateCases, type GeneratedCase } from "../../../simulators/case_generator.ts";
import { sourcedFigures } from "../../../simulators/cases/figures.ts";
import { caseVariantNames } from "../../../simulators/cases/variants.ts";

const lines = (options: Parameters<typeof generateCases>[0]) => [...generateCases(options)].map(caseLine);
const ndjson = (options: Parameters<typeof generateCases>[0]) => lines(options).join("\n") + "\n";
const profileOf = ({ event }: GeneratedCase) => event.data.profile!;

Deno.test("the same seed gives the same bytes, today and in a year", () => {
  const digest = hash("sha256", ndjson({ seed: 1, count: 1000 }), "hex");
  assertEquals(digest, "50ca271d935a7983aab41a678e12046f341908b6b0b4a881eb08fcf4f951bd91");
});

Deno.test("another seed gives other cases and other ids", () => {
  const first = new Set([...generateCases({ seed: 1, count: 500 })].map(({ event }) => event.event_id));
  const second = [...generateCases({ seed: 2, count: 500 })];
  assert(second.every(({ event }) => !first.has(event.event_id)));
  assertNotEquals(caseLine(second[0]!).slice(100), lines({ seed: 1, count: 1 })[0]!.slice(100));
});

Deno.test("a seed means the same as text and as a number", () => {
  assertEquals(ndjson({ seed: "42", count: 20 }), ndjson({ seed: 42, count: 20 }));
});

Deno.test("a shorter run is the beginning of a longer one", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(60), fc.nat(60), (seed, a, b) => {
      const longer = lines({ seed, count: Math.max(a, b) });
      assertEquals(lines({ seed, count: Math.min(a, b) }), longer.slice(0, Math.min(a, b)));
    }),
    { seed: 3, numRuns: 12 },
  );
});

Deno.test("runs that differ in any option share no id", () => {
  const runs = [
    ...caseVariantNames.map((scenario) => ({ seed: 1, count: 100, scenario })),
    { seed: 1, count: 100, from: "2025-01-01T00:00:00Z" },
    { seed: 1, count: 100, arrivalsPerYear: 1000 },
    { seed: 1, count: 100, profile: false },
  ];
  const ids = runs.flatMap((options) =>
    [...generateCases(options)].flatMap(({ event }) => [event.event_id, event.data.case_id])
  );
  assertEquals(new Set(ids).size, runs.length * 200);
});

Deno.test("every case passes the door, strictly, as an object and as a line", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom(...caseVariantNames),
      fc.boolean(),
      (seed, scenario, profile) => {
        for (const one of generateCases({ seed, count: 50, scenario, profile })) {
          // Who sent it is what the door says, and not what it is told.
          const options = { strict: true, source: "simulator", now: () => new Date(one.event.timestamp) };
          const stored = JSON.stringify(readInput(one.event, options));
          assertEquals(JSON.parse(stored), JSON.parse(caseLine(one)));
          assertEquals(JSON.stringify(readInput(JSON.parse(caseLine(one)), options)), stored);
        }
      },
    ),
    { seed: 5, numRuns: 20 },
  );
});

Deno.test("amounts have two decimals in a line", () => {
  const amounts = ndjson({ seed: 4, count: 500 }).matchAll(
    /"(debt_amount|monthly_income|total_debt)":([^,}]+)/g,
  );
  for (const [, , amount] of amounts) assert(/^\d+\.\d{2}$/.test(amount!), amount);
});

Deno.test("citizens carry test numbers only, and every number passes the eleven-test", () => {
  const { first, last } = sourcedFigures.bsn.test_range;
  for (const { event } of generateCases({ seed: 6, count: 12_000 })) {
    const bsn = event.data.citizen_bsn;
    assert(passesElevenTest(bsn) && bsn >= first && bsn <= last);
  }
});

Deno.test("ids and times rise together, also when arrivals crowd into the same milliseconds", () => {
  for (const arrivalsPerYear of [75_531, 9e9]) {
    let before = { time: "", event: "", case: "" };
    for (const { event } of generateCases({ seed: 7, count: 3000, arrivalsPerYear })) {
      const next = { time: event.timestamp, event: event.event_id, case: event.data.case_id };
      assert(next.time > before.time && next.event > before.event && next.case > before.case);
      assertEquals(parseInt(next.event.replace("-", "").slice(0, 12), 16), Date.parse(next.time));
      before = next;
    }
  }
});

Deno.test("a case is urgent exactly when a situation threatens", () => {
  for (const one of generateCases({ seed: 8, count: 20_000, gaps: false })) {
    assertEquals(one.event.data.priority === "urgent", profileOf(one).threats!.length > 0);
  }
});

Deno.test("a claim that carries a threat carries its own, and only above its median amount", () => {
  const own: Record<string, string> = assumptions.threat_of_debt_type.value;
  const medians = new Map(sourcedFigures.debt_types.map(({ id, amount }) => [id, amount.median_eur]));
  for (const one of generateCases({ seed: 9, count: 20_000, gaps: false })) {
    const { debt_type, debt_amount } = one.event.data;
    if (!(debt_type in own) || profileOf(one).threats!.length === 0) continue;
    assertEquals(profileOf(one).threats, [own[debt_type]]);
    assert(debt_amount >= medians.get(debt_type)! - 0.5, debt_type);
  }
});

Deno.test("an amount stays within the bounds of its type", () => {
  const bounds = new Map(sourcedFigures.debt_types.map(({ id, amount }) => [id, amount]));
  for (const { event: { data } } of generateCases({ seed: 10, count: 20_000 })) {
    const { min_eur, max_eur } = bounds.get(data.debt_type)!;
    assert(data.debt_amount >= min_eur && data.debt_amount <= max_eur, data.debt_type);
  }
});

Deno.test("total debt covers the claim, and equals it for a single creditor", () => {
  for (const one of generateCases({ seed: 11, count: 20_000, gaps: false })) {
    const { creditors, total_debt } = profileOf(one);
    assert(total_debt! >= one.event.data.debt_amount);
    if (creditors === 1) assertEquals(total_debt, one.event.data.debt_amount);
  }
});

Deno.test("profiles have gaps at the assumed shares, and without them the cases are the same", () => {
  const count = 20_000;
  const whole = [...generateCases({ seed: 21, count, gaps: false })];
  const cases = [...generateCases({ seed: 21, count })].map(({ event }) => event.data);
  const { profile, fact } = assumptions.gaps.value;
  const shareOf = (of: readonly unknown[]) => of.filter((each) => each === undefined).length / of.length;
  assertAlmostEquals(shareOf(cases.map((data) => data.profile)), profile, 0.01);
  const known = cases.map((data) => data.profile).filter((each) => each !== undefined);
  for (const name of ["monthly_income", "total_debt", "creditors", "threats"] as const) {
    assertAlmostEquals(shareOf(known.map((each) => each[name])), fact, 0.01);
  }
  cases.forEach(({ profile, ...data }, i) => {
    const { profile: all, ...same } = whole[i]!.event.data;
    assertEquals({ ...data, ...all, ...profile }, { ...same, ...all });
  });
});

Deno.test("a returning person is the same person, and newcomers up to 9,091 have numbers of their own", () => {
  const known = new Map<string, GeneratedCase>();
  for (const one of generateCases({ seed: 12, count: 9000, gaps: false })) {
    const before = known.get(one.event.data.citizen_bsn);
    assertEquals(one.returning, before !== undefined);
    if (before !== undefined) {
      const { total_debt: _, threats: __, ...person } = profileOf(one);
      const { total_debt: ___, threats: ____, ...earlier } = profileOf(before);
      assertEquals(person, earlier);
    }
    known.set(one.event.data.citizen_bsn, one);
  }
});

Deno.test("nobody is a pensioner at 30 or a student at 70", () => {
  const impossible: Record<string, readonly string[]> = assumptions.impossible_ages.value;
  for (const one of generateCases({ seed: 13, count: 20_000, gaps: false })) {
    const { income_source, age_band } = profileOf(one);
    assert(!impossible[income_source!]?.includes(age_band!));
  }
});

Deno.test("nobody has a claim that their household, age or income rules out", () => {
  const impossible: Record<string, readonly string[]> = assumptions.impossible_claims.value;
  for (const one of generateCases({ seed: 22, count: 20_000, gaps: false })) {
    const { household, age_band, income_source } = profileOf(one);
    const ruledOut = impossible[one.event.data.debt_type] ?? [];
    for (const each of [household!, age_band!, income_source!]) assert(!ruledOut.includes(each), each);
  }
});

Deno.test("social assistance is the norm of its day, by household and age", () => {
  const norms = {
    "2024-03-01": [1283.83, 1834.04],
    "2024-09-01": [1308.45, 1869.21],
    "2026-01-01": [1345.45, 1922.07],
  };
  for (const [day, [single, couple]] of Object.entries(norms)) {
    for (const one of generateCases({ seed: 23, count: 2_000, gaps: false, from: `${day}T00:00:00Z` })) {
      const { household, age_band, income_source, monthly_income } = profileOf(one);
      if (income_source !== "bijstand" || age_band === "65+") continue;
      assertEquals(monthly_income, household!.startsWith("paar_") ? couple : single);
    }
  }
});

Deno.test("no amount is drawn over and over, and other creditors are owed more than the least", () => {
  const cases = [...generateCases({ seed: 24, count: 20_000, gaps: false })];
  const amounts = Map.groupBy(cases, ({ event: { data } }) => `${data.debt_type} ${data.debt_amount}`);
  assert([...amounts.values()].every((same) => same.length < 10));
  const atLeast = cases.filter((one) => {
    const { total_debt, creditors } = profileOf(one);
    return creditors! > 1 && total_debt! - one.event.data.debt_amount <= 50 * (creditors! - 1) + 0.01;
  });
  assert(atLeast.length / cases.length < 0.01, `${atLeast.length}`);
});

Deno.test("eviction and the end of energy threaten most, the end of health insurance hardly anyone", () => {
  const threats = [...generateCases({ seed: 25, count: 20_000, gaps: false })]
    .flatMap((one) => profileOf(one).threats!);
  const shareOf = (threat: string) => threats.filter((each) => each === threat).length / threats.length;
  assert(shareOf("health_insurance_cancellation") < 0.02);
  for (const leading of ["eviction", "energy_cutoff"]) assert(shareOf(leading) > 2 * shareOf("water_cutoff"));
});

Deno.test("a municipality's claim is that of the person's own municipality", () => {
  for (const one of generateCases({ seed: 14, count: 2000, gaps: false })) {
    const { organization } = one.event.data;
    if (organization.startsWith("Gemeente")) {
      assertEquals(organization, `Gemeente ${profileOf(one).municipality}`);
    }
  }
});

Deno.test("contact details reach nobody", () => {
  for (const one of generateCases({ seed: 15, count: 200, gaps: false })) {
    const { name, email, phone } = profileOf(one).contact!;
    assert(!`${name}${email}${phone}`.includes(one.event.data.citizen_bsn));
    assert(email!.endsWith("@example.org") && phone!.startsWith("000-"));
  }
});

Deno.test("without profiles an intake has the fields of the brief and no others", () => {
  const [one] = generateCases({ seed: 16, count: 1, profile: false });
  assertEquals(Object.keys(one!.event.data), [
    "case_id",
    "citizen_bsn",
    "debt_amount",
    "debt_type",
    "organization",
    "intake_channel",
    "priority",
  ]);
});

Deno.test("time starts where it is told, in any offset", () => {
  const [utc] = generateCases({ seed: 17, count: 1, from: "2024-06-03T08:00:00Z" });
  const [local] = generateCases({ seed: 17, count: 1, from: "2024-06-03T10:00:00+02:00" });
  assert(utc!.event.timestamp >= "2024-06-03T08:00:00");
  assertEquals(caseLine(local!), caseLine(utc!));
});

Deno.test("a start before 1970 is refused: ids begin with the time since then", () => {
  for (const from of ["1969-12-31T00:00:00Z", "1 Smarch 2026"]) {
    assertThrows(() => generateCases({ seed: 1, count: 1, from }).next(), RangeError, "since 1970");
  }
});

/** The collector of the engine, so that the heap shows what is held and not what is yet to be collected. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

Deno.test("three hundred thousand cases leave nothing behind", () => {
  const collect = collector();
  const held: number[] = [];
  let i = 0;
  for (const _ of generateCases({ seed: 18, count: 300_000 })) {
    if (++i % 100_000 !== 0) continue;
    collect();
    held.push(Deno.memoryUsage().heapUsed);
  }
  const growth = held.at(-1)! - held[0]!;
  assert(growth < 2 * 1024 * 1024, `${growth} bytes more after 300,000 cases than after 100,000`);
});
