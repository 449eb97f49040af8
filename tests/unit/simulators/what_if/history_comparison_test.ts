import { assert, assertEquals, assertMatch } from "@std/assert";
import { processors } from "../../../../actors/application.ts";
import { grantMandates } from "../../../../actors/reasoning/rules/policy.ts";
import type { Candidate } from "../../../../actors/reasoning/candidate/candidate.ts";
import { tableFile } from "../../../../actors/reasoning/candidate/rules_form.ts";
import type { Weights } from "../../../../actors/reasoning/model/model.ts";
import weights from "../../../../actors/reasoning/model/weights.json" with { type: "json" };
import { addFigures, noFigures } from "../../../../simulators/what_if/comparison_figures.ts";
import {
  type ComparisonSettings,
  HistoryComparison,
} from "../../../../simulators/what_if/history_comparison.ts";
import { fineLines, forgivableLines, recordedLines } from "../../../support/what_if/recorded_history.ts";

const lived = recordedLines({ seed: "what-if", count: 300, lived: true });
const decided = recordedLines({ seed: "every", count: 2_000 });

function settingsOf(candidate: Candidate, more: Partial<ComparisonSettings>): ComparisonSettings {
  const same = { mode: "decisions", seed: "s", doneUpTo: 0, differing: [], until: Infinity } as const;
  return { candidate, mandates: [], ...same, ...more };
}

function compare(candidate: Candidate, more: Partial<ComparisonSettings> = {}, lines = lived) {
  const comparison = new HistoryComparison(processors, settingsOf(candidate, more));
  const [figures, differing] = [noFigures(), [] as number[]];
  for (let at = 0; at < lines.length; at += 500) {
    const compared = comparison.compare(lines.slice(at, at + 500));
    addFigures(figures, compared.figures);
    differing.push(...compared.differing);
  }
  return { figures, differing };
}

for (const mode of ["decisions", "whole"] as const) {
  Deno.test(`${mode}: the current version beside itself has no difference, not even in a word, over every generated case`, () => {
    for (const [lines, count] of [[decided, 2_000], [lived, 300]] as const) {
      const { figures } = compare({}, { mode }, lines);
      const { differences, wording, failures, undecided, unreadable, cases, played } = figures;
      assertEquals([differences, wording, failures, undecided, unreadable], [0, 0, 0, 0, 0]);
      assertEquals([cases, played], [count, {}]);
    }
  });
}

Deno.test("mandates of the nodes hold in both versions, and a candidate's own in its own", () => {
  const given = { name: "fines", decisions: ["collect"], givenBy: "the board", since: "2020-01-01" };
  const small = [{ ...given, upTo: 3_000 }];
  const lines = fineLines();
  try {
    assertEquals(compare({}, { mandates: small }, lines).figures.differences, 0);
    const [none, more] = [{ policy: { mandates: [] } }, {
      policy: { mandates: [{ ...given, upTo: 5_000 }] },
    }];
    const lost = compare(none, { mandates: small }, lines).figures;
    const gained = compare(more, { mandates: small }, lines).figures;
    assertEquals([lost.differences > 0, gained.differences > 0], [true, true]);
    assertEquals(Object.keys(lost.matrix).some((cell) => cell.startsWith("collect")), true);
  } finally {
    grantMandates([]);
  }
});

Deno.test("another share of the room to repay changes plans and referrals, each counted with claims and people", () => {
  const { figures } = compare({ policy: { capacityShare: 0.5 } });
  assert(figures.differences > 0 && figures.differingCases <= figures.differences);
  const changed = Object.values(figures.matrix).filter(({ people }) => people.length > 0);
  assertEquals(changed.reduce((sum, { people }) => sum + people.length, 0), figures.differences);
  for (const rows of Object.values(figures.breakdowns)) {
    const differing = Object.values(rows).reduce((sum, row) => sum + row.differing, 0);
    assertEquals(differing, figures.differingCases);
    assertEquals(Object.values(rows).reduce((sum, row) => sum + row.cases, 0), figures.cases);
  }
  const [example] = Object.values(figures.examples)[0]!;
  assertEquals(example!.sides?.length, 2);
});

Deno.test("another limit of forgiving changes the reasons for which a person decides, between the two limits alone", () => {
  const { figures } = compare({ policy: { forgiveMax: 30_000 } }, {}, forgivableLines(60));
  assertEquals([figures.differences, figures.wording], [20, 10]);
  for (const { claim, before, after } of figures.first) {
    assert(claim > 30_000 && claim <= 50_000);
    assertEquals([before, after], ["a person (forgive)", "a person (forgive)"]);
  }
});

Deno.test("texts that alone differ are no differences", () => {
  const table = tableFile("decision");
  const rows = table.rows.map((row) => ({ ...row, reason: `${row.reason} Really.` }));
  const { figures } = compare({ tables: { decision: { version: "x", rows } } });
  assertEquals(figures.differences, 0);
  assert(figures.wording > 0);
});

Deno.test("a comparison that was stopped and taken up again comes to the same figures", () => {
  for (const mode of ["decisions", "whole"] as const) {
    const candidate = { policy: { capacityShare: 0.7, missedMax: 1 } };
    const whole = compare(candidate, { mode });
    const half = Math.floor(lived.length / 2);
    const { figures, differing } = compare(candidate, { mode }, lived.slice(0, half));
    const rest = compare(candidate, { mode, doneUpTo: half, differing });
    addFigures(figures, rest.figures);
    const { examples: _one, ...taken } = figures;
    const { examples: _other, ...wanted } = whole.figures;
    assertEquals(taken, wanted);
  }
});

Deno.test("whole: a case is played on from its first difference by both versions, and counted apart", () => {
  const candidate = { policy: { missedMax: 1 } };
  const { figures } = compare(candidate, { mode: "whole" });
  const played = Object.values(figures.played).reduce((sum, { cases }) => sum + cases, 0);
  assertEquals(played, figures.differingCases);
  assert(played > 0);
  for (const [cell, { after }] of Object.entries(figures.played)) {
    assertEquals(after.escalated > 0, cell.endsWith("escalated"));
  }
  assertEquals(compare(candidate, { mode: "whole" }).figures, figures);
});

Deno.test("the model in use as a candidate changes nothing, and another model what the rules make of its advice", () => {
  assertEquals(compare({ weights: weights as Weights }).figures.differences, 0);
  const doubtful = { ...weights, confidence_lost: weights.confidence_lost.map(() => 1) } as Weights;
  const { figures } = compare({ weights: doubtful }, {}, decided);
  assert(figures.differences > 0);
});

Deno.test("a candidate that fails on a case says where and why, and the others go on", () => {
  const table = tableFile("decision");
  const rows = table.rows.map((row) =>
    row.id === "problematic_debts" ? { ...row, reason: "{nonsense}" } : row
  );
  const { figures } = compare({ tables: { decision: { version: "x", rows } } }, {}, decided);
  assert(figures.failures > 0);
  assertEquals([figures.cases, figures.differences], [2_000, 0]);
  const [first] = figures.failed;
  assertEquals(first!.processor, "analysis");
  assertMatch(first!.error, /^\w+Error: /);
});

Deno.test("what can't be read is counted, and cases that began before or came in after are left out", () => {
  const [first, ...others] = decided;
  const broken = `${first!.slice(0, -30)}`;
  assertEquals(compare({}, {}, [broken, ...others]).figures.unreadable, 1);
  const until = Number(decided[decided.length >> 1]!.split("\t")[4]);
  const { cases } = compare({}, { until }, decided).figures;
  assert(cases > 900 && cases < 1_100, `${cases}`);
  assertEquals(compare({}, {}, decided.filter((line) => !line.includes("case.intake"))).figures.cases, 0);
});
