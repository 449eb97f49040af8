/** What the options of the fan-out come to, and what of an event others see. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../../../console/cli/exit_codes.ts";
import { fanOutOf, startFanOut } from "../../../../../console/node/jobs/fan_out.ts";
import { noopObserver } from "../../../../../actors/observer.ts";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { FanOutHeld } from "../../../../../backends/fan_out.ts";
import { override } from "../../../../../backends/primitives/override.ts";
import { allEventTypes } from "../../../../../schema/events.ts";
import { anEvent } from "../../../../support/events.ts";

const given = (types?: string, isPersonal = false, backend: "nats" | "postgres" = "nats") =>
  fanOutOf({ backend, "fan-out": types, "fan-out-personal": isPersonal });

Deno.test("events are copied by default on JetStream alone, and not where it is off", () => {
  assertEquals(given()?.types, undefined);
  assertEquals([given("off"), given(undefined, false, "postgres")], [undefined, undefined]);
});

Deno.test("types are named as in the subjects or in full; others are refused with those there are", () => {
  assertEquals(given("decision, case.intake")?.types, ["case.decision", "case.intake"]);
  assertThrows(
    () => given("decisions"),
    UsageError,
    "there is no type decisions; give off, or some of intake",
  );
});

Deno.test("personal fields are left out of every type, and kept where they are asked for", () => {
  const { withhold } = given()!;
  for (const type of allEventTypes) {
    const { data } = anEvent("case-1", 1, type);
    const event = {
      type,
      caseId: "case-1",
      data: { ...data, citizen_bsn: "123456782", contact: "j@example.org" },
    };
    const seen = withhold!(event);
    assertEquals([seen.caseId, seen.data.case_id], ["case-1", "case-1"]);
    assertEquals(["citizen_bsn", "contact", "n"].filter((name) => name in seen.data), [], type);
    assertEquals(JSON.stringify(seen.data).includes("not shown"), false, type);
  }
  assertEquals(given(undefined, true)?.withhold, undefined);
});

Deno.test("amounts keep two decimals, and texts lose what looks like a BSN", () => {
  const data = { case_id: "a", amount: 40, reason: "BSN 123456782 belde", approved_by: "rules" };
  const seen = given()!.withhold!({ type: "case.debt_forgiven", caseId: "a", data });
  const text = JSON.stringify(seen.data);
  assertEquals([text.includes("40.00"), text.includes("123456782")], [true, false]);
});

Deno.test("a fan-out that fails is reported by the name of its error, and started again", async () => {
  const backend = createMemoryBackend();
  let runs = 0;
  const again = Promise.withResolvers<void>();
  const run = (signal: AbortSignal) => {
    if (++runs === 1) return Promise.reject(new FanOutHeld("The fan-out does not know how far it came"));
    again.resolve();
    return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
  const reports: string[] = [];
  const observer = {
    ...noopObserver,
    processorRestarted: ({ processor, reason }: { processor: string; reason: string }) =>
      void reports.push(`${processor}: ${reason}`),
  };
  const running = startFanOut(Promise.resolve(override(backend, { fanOut: { run } })), observer);
  await again.promise;
  await running.stop(10_000);
  assertEquals([reports, runs], [["fan-out: FanOutHeld"], 2]);
  await backend.close();
});
