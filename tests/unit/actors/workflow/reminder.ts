/** A small workflow with a loop, a branch, a wait for several, compensations and a cancellation. @module */
import { workflow } from "../../../../actors/workflow/workflow.ts";

interface Kept {
  readonly paid: number;
  readonly reminders: number;
}

const reasons = (code: string) => [{ code, reason: `Nothing was paid: ${code}` }];

export const reminder = workflow("reminder", {
  version: 1,
  emits: ["case.review_requested", "case.payment_plan_created", "case.debt_forgiven"],
})
  .keeps<Kept>({ paid: 0, reminders: 0 }, {
    "case.payment_received": (kept, { data }) => ({ ...kept, paid: kept.paid + data.amount }),
    "case.wait_expired": (kept) => ({ ...kept, reminders: kept.reminders + 1 }),
  })
  .on("case.payment_missed")
  .step("plan", "case.payment_plan_created", ({ now }) => ({
    amount: 10_000 as never,
    months: 1,
    instalments: [{ due: now.slice(0, 10), amount: 10_000 as never }],
  }))
  .compensate("case.debt_forgiven", ({ data }) => ({
    amount: Math.max(0, 10_000 - data.paid) as never,
    reason: "taken back",
    approved_by: "workflow",
  }))
  .waitFor("payment", { on: "case.payment_received", match: (_, { paid }) => paid >= 10_000, within: "14d" })
  .or("refusal", { on: "case.intervention_requested" }, (asked) => asked.undo().end("refused"))
  .orElse((late) =>
    late.choose("how often", ({ reminders }) => reminders < 3 ? "again" : "enough", {
      again: (again) =>
        again.step("remind", "case.review_requested", ({ data }) => ({
          asked_of: "caseworker",
          reasons: reasons(`reminder_${data.reminders}`),
          rules: [],
        })).goto("payment"),
      enough: (enough) => enough.end("given up"),
    })
  )
  .waitForAll("papers", {
    of: { income: { on: "case.analysis" }, meeting: { on: "case.assistance_accepted" } },
    withoutTerm: "nobody has to hurry",
  })
  .after("1d", "cool off")
  .end("settled")
  .cancelOn("case.withdrawn")
  .build();
