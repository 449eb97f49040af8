/** A person in the loop: what waits for a caseworker, and what a decision of one does. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { NotAllowed, VersionConflict } from "../../../backends/errors.ts";
import { MemoryStore } from "../../../backends/memory/memory_store.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import {
  approveDecision,
  decideCase,
  proposeDecision,
  waitingCases,
} from "../../../console/commands/cases/review.ts";
import { readInput } from "../../../schema/input.ts";
import { anEvent } from "../../support/events.ts";

const decided = {
  decision: "refer_assistance",
  reason: "There is more than this debt",
  nextSteps: [],
} as const;

async function storeWithReview() {
  const shared = new MemoryStore();
  const backend = createMemoryBackend({ shared });
  const intake = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "afvalstoffenheffing" };
  for (const caseId of ["waits", "decided"]) {
    shared.append([
      readInput({ case_id: caseId, ...intake }),
      readInput({ event_type: "case.analysis", data: { case_id: caseId, ...analysis } }),
      { ...anEvent(caseId, 3, "case.review_requested"), data: { case_id: caseId, ...review } },
    ], "any");
  }
  await decideCase(backend, { caseId: "decided", by: "j.jansen", ...decided });
  return backend;
}

const analysis = {
  risk_score: 40,
  success_probability: 0.5,
  recommended_action: "forgive",
  estimated_savings: 10,
  analysis_confidence: 0.9,
};

const review = {
  asked_of: "caseworker",
  reasons: [{ code: "forgive_over_limit", reason: "It is more than a system may forgive" }],
  proposed: "forgive",
  rules: [{ id: "review/forgive_over_limit", version: "2026.1", source: "Policy" }],
};

Deno.test("cases that a caseworker decided on no longer wait", async () => {
  const backend = await storeWithReview();
  assertEquals((await waitingCases(backend, 10)).map(({ caseId }) => caseId), ["waits"]);
  await backend.close();
});

Deno.test("a case that waits has both times of its claim: when it came about, and when it was recorded", async () => {
  const shared = new MemoryStore();
  const backend = createMemoryBackend({ shared });
  const intake = { ...anEvent("late", 1), timestamp: "2025-03-01T12:00:00.000Z" };
  const asked = { ...anEvent("late", 3, "case.review_requested"), data: { case_id: "late", ...review } };
  shared.append([intake, anEvent("late", 2, "case.analysis"), asked], "any");
  const [first] = await Array.fromAsync(backend.readCase("late"));
  const [waits] = await waitingCases(backend, 10);
  const recorded = new Date(first!.recordedAt).toISOString();
  assertEquals([waits!.happenedAt, waits!.recordedAt], [intake.timestamp, recorded]);
  await backend.close();
});

Deno.test("a decision keeps who decided, why, and the sources of the review", async () => {
  const backend = await storeWithReview();
  const history = await Array.fromAsync(backend.readCase("decided"));
  const { data } = history.at(-1)!.event;
  assertEquals([data.decided_by, data.reason, data.rules], ["j.jansen", decided.reason, review.rules]);
  await backend.close();
});

Deno.test("a second decision on a case is refused and stores nothing", async () => {
  const backend = await storeWithReview();
  await assertRejects(
    () => decideCase(backend, { caseId: "decided", by: "p.bakker", ...decided }),
    Error,
    "does not wait",
  );
  assertEquals((await Array.fromAsync(backend.readCase("decided"))).length, 4);
  await backend.close();
});

Deno.test("of two caseworkers who decide at once, one wins and the other is told", async () => {
  const backend = await storeWithReview();
  const both = await Promise.allSettled(
    ["j.jansen", "p.bakker"].map((by) => decideCase(backend, { caseId: "waits", by, ...decided })),
  );
  const failures = both.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
  assertEquals(failures.map((error) => error instanceof VersionConflict), [true]);
  await backend.close();
});

Deno.test("a decision on a case without a review needs a source of its own", async () => {
  const backend = createMemoryBackend();
  await backend.append([
    readInput({ case_id: "new", citizen_bsn: "999990019", debt_amount: 10, debt_type: "huur" }),
    readInput({ event_type: "case.analysis", data: { case_id: "new", ...analysis } }),
  ]);
  const decision = { caseId: "new", by: "j.jansen", ...decided };
  await assertRejects(() => decideCase(backend, decision), Error, "--source");
  assertEquals((await decideCase(backend, { ...decision, source: "Wgs 4" })).version, 3);
  await backend.close();
});

const forgiven = {
  decision: "forgive",
  reason: "There are no means",
  nextSteps: ["Tell the citizen"],
} as const;

Deno.test("a claim above the bound is proposed by one caseworker and approved by another", async () => {
  const backend = await storeWithReview();
  const one = { caseId: "waits", by: "j.jansen", ...forgiven };
  await assertRejects(() => decideCase(backend, one), NotAllowed, "second person");
  await proposeDecision(backend, one);
  await assertRejects(() => decideCase(backend, one), NotAllowed, "who proposed it");
  const own = () => approveDecision(backend, { caseId: "waits", by: "J.Jansen" });
  await assertRejects(own, NotAllowed, "who proposed a decision may not approve it");
  assertEquals((await waitingCases(backend, 10)).length, 1);
  await approveDecision(backend, { caseId: "waits", by: "p.bakker", account: "desk-3" });
  const { event } = (await Array.fromAsync(backend.readCase("waits"))).at(-1)!;
  const { decision, decided_by, proposed_by, reason } = event.data;
  assertEquals([decision, decided_by, proposed_by, reason], [
    "forgive",
    "p.bakker",
    "j.jansen",
    forgiven.reason,
  ]);
  assertEquals(event.metadata.account, "desk-3");
  await backend.close();
});

Deno.test("of two who approve at once one does, and nothing can be approved that was not proposed", async () => {
  const backend = await storeWithReview();
  const approve = (by: string) => approveDecision(backend, { caseId: "waits", by });
  await assertRejects(() => approve("p.bakker"), Error, "Nothing was proposed");
  await proposeDecision(backend, { caseId: "waits", by: "j.jansen", ...forgiven });
  const both = await Promise.allSettled([approve("p.bakker"), approve("k.klaassen")]);
  assertEquals(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assertRejects(() => approve("k.klaassen"), Error, "Nothing was proposed");
  await backend.close();
});

Deno.test("a proposal is made where a review asks for a person", async () => {
  const backend = await storeWithReview();
  const proposed = { caseId: "decided", by: "p.bakker", ...forgiven };
  await assertRejects(() => proposeDecision(backend, proposed), Error, "can't take this decision");
  await backend.close();
});
