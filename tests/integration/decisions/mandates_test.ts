/** The mandates of a node's policy reach its workers, which read no file. @module */
import { assertEquals } from "@std/assert";
import { processors, type SystemMandate } from "../../../actors/application.ts";
import { noopObserver } from "../../../actors/observer.ts";
import { defaultSupervisorOptions, Supervisor } from "../../../actors/supervisor.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { anEvent } from "../../support/events.ts";

/** A fine that must be paid at once, of an organisation's. */
function fine(caseId: string, debt_amount: number): WireEvent {
  const event = anEvent(caseId, 1, "case.intake");
  const household = { household: "eenpersoons", threats: [], creditors: 1, income_source: "loon" };
  const profile = { ...household, monthly_income: 2_600, total_debt: debt_amount };
  const data = {
    case_id: caseId,
    citizen_bsn: "123456782",
    debt_amount,
    debt_type: "verkeersboete",
    profile,
  };
  return { ...event, data: { ...event.data, ...data }, metadata: { schema_version: 1, source: "portal" } };
}

Deno.test("a node decides under the mandates it is configured with, up to their amount, and asks a person beyond", async () => {
  const mandate: SystemMandate = {
    ...{ name: "small fines", decisions: ["collect"], upTo: 6_500 },
    ...{ givenBy: "the board", since: "2026-01-01" },
  };
  const backend = createMemoryBackend();
  const decided = Promise.withResolvers<void>();
  let left = 2;
  const settled = ({ outputs }: { outputs: Readonly<Record<string, number>> }) => {
    left -= (outputs["case.decision"] ?? 0) + (outputs["case.review_requested"] ?? 0);
    if (left === 0) decided.resolve();
  };
  const deadLettered = (_ids: unknown, error: string) => decided.reject(new Error(error));
  const options = { ...defaultSupervisorOptions(1), configuration: [mandate] };
  const supervisor = new Supervisor(backend, processors, { ...noopObserver, settled, deadLettered }, options);
  await supervisor.start();
  await backend.append([fine("small", 60), fine("large", 70)]);
  await decided.promise;
  await supervisor.stop(10_000);
  const found: unknown[] = [];
  for await (const { event } of backend.readAll()) {
    const { case_id, decision, mandate, proposed } = event.data;
    if (event.event_type === "case.decision") found.push([case_id, decision, mandate]);
    if (event.event_type === "case.review_requested") found.push([case_id, "a person", proposed]);
  }
  await backend.close();
  assertEquals(found.sort(), [["large", "a person", "collect"], ["small", "collect", "small fines"]]);
});
