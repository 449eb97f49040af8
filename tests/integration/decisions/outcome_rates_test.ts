/**
 * Cases end as the data file says. Each generated case is played in its own simulated time: what happens next, a reaction of the
 * citizen or a term that expires, is what comes first. @module
 */
import { assert, assertEquals } from "@std/assert";
import { generateCases } from "../../../simulators/case_generator.ts";
import { ReactionSchedule } from "../../../simulators/citizen/reaction_schedule.ts";
import { reactionsTo } from "../../../simulators/citizen/reactions.ts";
import { outcomeShares } from "../../../simulators/training/synthetic_outcomes.ts";
import type { CaseEvent, WireEvent } from "../../../schema/events.ts";
import { encodeEvent } from "../../../schema/codec.ts";
import { CASE, CaseRun } from "../../unit/actors/processors/case_run.ts";

/** Cases; the shares below are of those that ended by each decision. */
const N = 600;
/** Chance that a sound player fails one of the six comparisons: two-sided, by the normal approximation, 4.06 deviations each. */
const ALPHA = 0.0003;
const DEVIATIONS = 4.06;

interface Ended {
  readonly decision: keyof typeof outcomeShares;
  readonly outcome: string;
}

/** Plays one case to its end, with how often its municipality was late; undefined where it stays open. */
function play(intake: WireEvent): { ended: Ended | undefined; refused: number; late: number } {
  const run = new CaseRun().take(ownCase(intake)).settle();
  const schedule = new ReactionSchedule();
  let seen = 0;
  for (;;) {
    for (; seen < run.log.length; seen++) {
      for (const reaction of reactionsTo(asStored(run.log[seen]!), "rates")) schedule.add(reaction);
    }
    if (run.all("case.completed").length > 0) break;
    const { nextAt = Infinity } = schedule;
    if (!run.fire(new Date(Math.min(nextAt, Date.UTC(2100, 0))).toISOString())) {
      const [reaction] = schedule.takeDue(Infinity, 1);
      if (reaction === undefined) break;
      run.take(reaction);
    }
    run.settle();
  }
  const refused = run.all("case.event_refused").length;
  const late = run.all("case.review_requested")
    .filter(({ data }) => data.reasons[0]!.code === "municipality_late").length;
  const decision = run.all("case.decision").at(-1)?.data.decision;
  const outcome = run.all("case.completed").at(-1)?.data.outcome;
  return { ended: decision && outcome ? { decision, outcome } : undefined, refused, late };
}

/** As a reader of the store gets it: amounts are numbers of euros. */
function asStored(event: CaseEvent): WireEvent {
  return JSON.parse(JSON.stringify(encodeEvent(event)));
}

function ownCase(event: WireEvent): WireEvent {
  return { ...event, correlation_id: CASE, data: { ...event.data, case_id: CASE } };
}

Deno.test(`of ${N} cases, those with a plan, a referral or a claim to pay end as the data file says`, () => {
  const ended: Ended[] = [];
  let [refused, late] = [0, 0];
  for (const { event } of generateCases({ seed: "rates", count: N })) {
    const played = play(event);
    refused += played.refused;
    late += played.late;
    if (played.ended !== undefined) ended.push(played.ended);
  }
  assertEquals(refused, 0, "no term expires over what the citizen did in time");
  assert(late > 0, "some municipalities are late, and close nothing by it");
  const far = (["payment_plan", "refer_assistance", "collect"] as const).flatMap((decision) => {
    const of = ended.filter((each) => each.decision === decision);
    return (["resolved", "withdrawn"] as const).map((outcome) => {
      const share = outcomeShares[decision][outcome];
      const found = of.filter((each) => each.outcome === outcome).length;
      const z = (found - of.length * share) / Math.sqrt(of.length * share * (1 - share));
      return { decision, outcome, n: of.length, share, found: found / of.length, z };
    });
  }).filter(({ z }) => Math.abs(z) > DEVIATIONS);
  assertEquals(far, [], `at a chance of ${ALPHA} in all`);
  assert(ended.length > N / 2);
});
