import { assertEquals, assertThrows } from "@std/assert";
import { assertPure, CaseRunner, given } from "../../../../actors/testing/testing.ts";
import { InvalidWorkflow, type Place, versions, workflow } from "../../../../actors/workflow/workflow.ts";
import { cents } from "../../../../schema/money.ts";

/** Waits for a payment, and then tells who paid how often: version 2 waits half as long, and keeps another thing. */
const of = (version: number, within: "10d" | "5d", name = "payer") =>
  workflow(name, { version, emits: ["case.debt_forgiven"] })
    .keeps({ paid: 0 }, { "case.payment_received": ({ paid }) => ({ paid: paid + version }) })
    .on("case.payment_missed")
    .waitFor("payment", { on: "case.payment_received", match: (_, { paid }) => paid >= 2, within })
    .orElse((late) => late.end("late"))
    .step("forgive", "case.debt_forgiven", ({ data }) => ({
      amount: cents(1),
      reason: `paid ${data.paid} in version ${version}`,
      approved_by: "x",
    }))
    .end("paid").build();

const [one, two] = [of(1, "10d"), of(2, "5d")];
const SINCE = "2026-01-03T00:00:00.000Z";
const missed = ["case.payment_missed", { instalment: 1 }] as const;
const pays = ["case.payment_received", { amount: cents(1) }] as const;

const reasonsOf = (runner: CaseRunner) => runner.all("case.debt_forgiven").map(({ data }) => data.reason);

Deno.test("a case keeps the version it began with, and one that begins later has the later one", () => {
  const kept = versions(one, { workflow: two, since: SINCE });
  const early = given([kept], missed).whenPassed("7d").then().when(...pays).then().when(...pays);
  assertEquals(reasonsOf(early.runner), ["paid 2 in version 1"]);
  const late = given([kept]).whenPassed("7d").then().when(...missed).then().when(...pays);
  assertEquals(reasonsOf(late.runner), ["paid 2 in version 2"]);
  given([kept]).whenPassed("7d").then().when(...missed).then().whenPassed("5d").then(["case.wait_expired"]);
  assertPure([kept], (runner) => runner.give(...missed).pass("7d").give(...pays).settle());
});

Deno.test("what came before a case began is known to whichever version it then has", () => {
  const kept = versions(one, { workflow: two, since: SINCE });
  const { runner } = given([kept], pays).whenPassed("7d").then().when(...missed).then().when(...pays);
  assertEquals(reasonsOf(runner), ["paid 4 in version 2"]);
});

Deno.test("a case moves to a later version by a function, at its first event from then on, its timer with it", () => {
  const migrate = (place: Place<{ paid: number }>) => ({ ...place, until: "2026-01-20T00:00:00.000Z" });
  const moving = versions(one, { workflow: two, since: SINCE, migrate });
  const { runner } = given([moving], missed).whenPassed("3d").then().when(...pays).then([
    "case.debt_forgiven",
  ]);
  assertEquals(reasonsOf(runner), ["paid 2 in version 2"]);
  const waiting = given([moving], missed).whenPassed("3d").then();
  waiting.runner.give(...missed).settle();
  assertEquals([...waiting.runner.timers.values()].map(({ at }) => at), ["2026-01-20T00:00:00.000Z"]);
  assertEquals(
    moving.at(waiting.whenPassed("30d").then(["case.wait_expired"]).runner.stateOf(moving)),
    "late",
  );
});

Deno.test("versions that don't fit are refused, with all that is wrong", () => {
  const wrong = () => versions(two, { workflow: of(1, "5d", "other"), since: "soon" });
  assertEquals(assertThrows(wrong, InvalidWorkflow).problems, [
    "A version has the name other: all of them have one",
    "Version 1 is not higher than the one before",
    "A version begins at soon, which is no moment behind that of the version before",
  ]);
});
