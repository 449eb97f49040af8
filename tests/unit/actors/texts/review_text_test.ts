import { assertEquals } from "@std/assert";
import { describeReview } from "../../../../actors/texts/review_text.ts";

const review = { case_id: "case-1", asked_of: "team_lead", rules: [] } as const;

Deno.test("a review says who is asked, by when, what the rules propose, and the reasons, one a line", () => {
  const text = describeReview({
    ...review,
    reasons: [{ code: "a", reason: "first" }, { code: "b", reason: "second" }],
    proposed: "collect",
    rules: [],
    term: { name: "caseworker_review", due: "2026-01-09", expires_at: "2026-01-09T23:00:00Z" },
  });
  assertEquals(
    text,
    "asked of the team lead, by 2026-01-09, proposed: collect\n    a: first\n    b: second",
  );
});

Deno.test("a review without a term and without a proposal says only who is asked, and why", () => {
  const text = describeReview({ ...review, reasons: [{ code: "a", reason: "first" }], rules: [] });
  assertEquals(text, "asked of the team lead\n    a: first");
});
