import { assertEquals } from "@std/assert";
import { putInEffect, readyCandidate } from "../../../../../actors/reasoning/candidate/candidate.ts";
import { repaymentCapacity } from "../../../../../actors/reasoning/decision/capacity.ts";
import { lawOfDay } from "../../../../../actors/reasoning/decision/law_of_day.ts";
import { assistanceTerms } from "../../../../../actors/reasoning/law/terms.ts";
import { policy } from "../../../../../actors/reasoning/rules/policy.ts";

const DAY = "2026-03-02";

/** What caches keep. */
const seen = () => ({
  months: lawOfDay("huur", DAY).months,
  room: repaymentCapacity(300_000, "eenpersoons", DAY)?.cents,
  meeting: assistanceTerms(DAY, false)[0]!.due,
  limit: policy.forgiveMax,
});

Deno.test("a candidate in effect leaves no trace behind, and finds none of what decided before it", () => {
  const before = seen();
  const candidate = readyCandidate({
    policy: { forgiveMax: 1, capacityShare: 0.5 },
    figures: {
      ordinary_months: [{ from: "1900-01-01", value: 24 }],
      wgs_first_meeting_weeks: [{ from: "1900-01-01", value: 2 }],
      beslagvrije_voet_max_single: [{ from: "1900-01-01", value: 100_000 }],
    },
  });
  putInEffect(candidate);
  const tried = seen();
  putInEffect();
  assertEquals(tried, { months: 24, room: 100_000, meeting: "2026-03-16", limit: 1 });
  assertEquals(seen(), before);
});
