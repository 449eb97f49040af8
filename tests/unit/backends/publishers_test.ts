/**
 * The typed doors. Their types are the test: each `@ts-expect-error` fails `deno check` once its line is accepted.
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import {
  caseAnalysis,
  caseCompleted,
  caseDecision,
  caseIntake,
  EventPublisher,
  InvalidEvent,
  NotAllowed,
} from "../../../backends/publishers.ts";

const BRIEF = { case_id: "123", citizen_bsn: "987654321", debt_amount: 500, debt_type: "parkeerboete" };
const decision = { case_id: "123", decision: "collect", decided_by: "j.jansen", reason: "x" } as const;

Deno.test("the brief's four fields make an intake, and whatever else the schema names is welcome", () => {
  assertEquals(caseIntake(BRIEF), { event_type: "case.intake", data: BRIEF });
  caseIntake({ ...BRIEF, priority: "high", profile: { household: "eenouder", threats: ["eviction"] } });
});

Deno.test("a misspelt, missing or mistyped field of a typed door fails the type check", () => {
  // @ts-expect-error misspelt
  caseIntake({ ...BRIEF, debt_ammount: 10 });
  // @ts-expect-error misspelt, further in
  caseIntake({ ...BRIEF, profile: { houshold: "eenouder" } });
  // @ts-expect-error missing
  caseIntake({ case_id: "123", citizen_bsn: "987654321", debt_amount: 500 });
  // @ts-expect-error no such word
  caseIntake({ ...BRIEF, intake_channel: "fax" });
  // @ts-expect-error misspelt
  caseDecision({ ...decision, next_step: [] });
  // @ts-expect-error missing
  caseDecision(decision);
  // @ts-expect-error mistyped
  caseCompleted({ case_id: "123", outcome: "resolved", duration_seconds: "1", total_savings: 0 });
  // @ts-expect-error misspelt
  caseCompleted({ case_id: "123", outcome: "resolved", duration_second: 1, total_savings: 0 });
  // @ts-expect-error missing
  caseAnalysis({ case_id: "123", risk_score: 1 });
  assertEquals(caseDecision({ ...decision, next_steps: [] }).event_type, "case.decision");
  assertEquals(
    caseCompleted({ case_id: "123", outcome: "resolved", duration_seconds: 1, total_savings: 0 }).event_type,
    "case.completed",
  );
});

Deno.test("what only the runtime sends is not allowed: nothing is stored, and the trail has a line", async () => {
  const backend = createMemoryBackend({ partitions: 1 });
  const publisher = new EventPublisher(() => Promise.resolve(backend));
  const forged = { event_type: "case.debt_forgiven", data: { case_id: "123" } };
  await assertRejects(
    () => publisher.publishAll([caseIntake(BRIEF), forged]),
    NotAllowed,
    "the runtime alone",
  );
  const event_id = "019b76da-a800-8000-8000-000000000001";
  await assertRejects(() => publisher.publish({ ...caseIntake(BRIEF), event_id }), NotAllowed, "version 8");
  assertEquals(await Array.fromAsync(backend.readAll()), []);
  assertEquals((await backend.audit("producers")).map(({ act }) => act), ["refused", "refused"]);
  await publisher.close();
});

Deno.test("an event that is not valid is refused before anything is opened", async () => {
  const publisher = new EventPublisher(() => Promise.reject(new Error("opened")));
  await assertRejects(() => publisher.publish(caseIntake({ ...BRIEF, debt_amount: -1 })), InvalidEvent);
});
