import type { CitizenReaction } from "../../../../simulators/citizen/life.ts";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeEvent, withTwoDecimals } from "../../../../schema/codec.ts";
import { decisions } from "../../../../schema/event_fields.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { cents } from "../../../../schema/money.ts";
import { reactionEventTypes, reactionsTo } from "../../../../simulators/citizen/reactions.ts";
import { outcomeShares } from "../../../../simulators/training/synthetic_outcomes.ts";
import { anEvent } from "../../../support/events.ts";
import { CaseRun } from "../../actors/processors/case_run.ts";
import { AT, bareIntake, fullIntake, type Intake } from "../../actors/reasoning/intakes.ts";

const anyCause: fc.Arbitrary<WireEvent> = fc.oneof(
  fc.nat().map((n) => anEvent(`case-${n}`, 1, "case.payment_plan_created")),
  fc.nat().map((n) => anEvent(`case-${n}`, 1, "case.review_requested")),
  fc.tuple(fc.nat(), fc.constantFrom(...decisions), fc.integer({ min: 0, max: 100_000 })).map(
    ([n, decision, amount]) => {
      const event = anEvent(`case-${n}`, 1, "case.decision");
      return { ...event, data: { ...event.data, decision, debt_amount: amount / 100 } };
    },
  ),
);

Deno.test("the same event and seed have the same reactions: valid events, in time's order, after their cause", () => {
  fc.assert(fc.property(anyCause, fc.string(), (cause, seed) => {
    const reactions = reactionsTo(cause, seed);
    assertEquals(reactionsTo(structuredClone(cause), seed), reactions);
    assertEquals(reactions.map(({ at }) => at), reactions.map(({ at }) => at).toSorted());
    for (const { at, event } of reactions) {
      assertEquals(decodeEvent(JSON.parse(JSON.stringify(withTwoDecimals(event)))).timestamp, at);
      assert(at > cause.timestamp && (reactionEventTypes as readonly string[]).includes(event.event_type));
    }
    assertEquals(new Set(reactions.map(({ event }) => event.event_id)).size, reactions.length);
  }));
});

Deno.test("what happens outside never pays more than a plan, to the cent", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(fc.integer({ min: 1, max: 99_999 }), { minLength: 1, maxLength: 36 }),
      (n, amounts) => {
        const event = anEvent(`case-${n}`, 1, "case.payment_plan_created");
        const instalments = amounts.map((amount, i) => ({ due: `20${26 + i}-02-01`, amount: amount / 100 }));
        const paid = reactionsTo({ ...event, data: { ...event.data, instalments } }, "seed")
          .map(({ event }) => Math.round(Number(event.data.amount ?? 0) * 100)).reduce(
            (sum, each) => sum + each,
            0,
          );
        assert(
          paid <= amounts.reduce((sum, each) => sum + each, 0),
        );
      },
    ),
  );
});

/** Plays one case in simulated time: timers and reactions, whichever comes first. */
function playCase(intake: Intake, seed: number): CaseRun {
  const run = new CaseRun().give("case.intake", intake, AT).settle();
  const waiting: CitizenReaction[] = [];
  for (let seen = 0;;) {
    for (; seen < run.log.length; seen++) waiting.push(...reactionsTo(wireOf(run, seen), seed));
    waiting.sort((a, b) => a.at < b.at ? -1 : 1);
    const [next] = waiting;
    if (run.progress.ending === undefined && next && next.at < firstTimer(run)) {
      run.take(waiting.shift()!.event);
    } else if (!run.fire()) return run;
    run.settle();
  }
}

function wireOf({ log }: CaseRun, i: number): WireEvent {
  const { data, ...rest } = log[i]!;
  const euros = JSON.parse(
    JSON.stringify(data),
    (field, value) => ["amount", "debt_amount"].includes(field) ? value / 100 : value,
  );
  return { ...rest, data: euros };
}

function firstTimer({ timers }: CaseRun): string {
  return [...timers.values()].map(({ at }) => new Date(at).toISOString()).sort()[0] ?? "9999";
}

function sharesOf(intake: Intake, count: number): Record<string, number> {
  const shares: Record<string, number> = {};
  for (let seed = 0; seed < count; seed++) {
    const { state } = playCase(intake, seed).progress;
    shares[state] = (shares[state] ?? 0) + 1 / count;
  }
  return shares;
}

function near(
  shares: Record<string, number>,
  expected: Record<"resolved" | "withdrawn" | "escalated", number>,
) {
  for (const [outcome, share] of Object.entries(expected)) {
    const found = shares[`completed:${outcome}`] ?? 0;
    // Four standard deviations of a share of 500 cases.
    assert(
      Math.abs(found - share) < 4 * Math.sqrt(share * (1 - share) / 500),
      `${outcome}: ${found}, not ${share}`,
    );
  }
}

Deno.test("plans end by the shares of the domain data, through the real processors and timers", () => {
  near(sharesOf(fullIntake({ debt_amount: cents(54_000) }), 500), outcomeShares.payment_plan);
});

Deno.test("referrals end by the shares of the domain data, also where three working days are all there is", () => {
  near(sharesOf(fullIntake({}, { total_debt: cents(3_000_000) }), 500), outcomeShares.refer_assistance);
  near(sharesOf(fullIntake({}, { threats: ["eviction"] }), 500), outcomeShares.refer_assistance);
});

Deno.test("collected claims end by the shares of the domain data", () => {
  const fine = fullIntake({ debt_amount: cents(7_000), debt_type: "verkeersboete" });
  near(sharesOf(fine, 500), outcomeShares.collect);
});

Deno.test("a case that waits for a person is decided on, by a named one, and ends", () => {
  const intake = bareIntake({ citizen_bsn: "123456789", debt_amount: cents(125_050) });
  for (let seed = 0; seed < 100; seed++) {
    const run = playCase(intake, seed);
    assert(run.progress.state.startsWith("completed"), `seed ${seed}: ${run.types}`);
    const [decided] = run.all("case.decision");
    assert(/^simulated-caseworker-[12]$/.test(decided!.data.decided_by));
    assert(decided!.data.reason.startsWith("Simulated"));
  }
});
