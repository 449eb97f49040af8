/** A case told to a person. @module */
import { assert, assertEquals } from "@std/assert";
import { renderCase, toPublicEvent, withoutPersonalData } from "../../../../console/cli/case_timeline.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import { anEvent } from "../../../support/events.ts";

const stored = (n: number, event = anEvent("zaak 7", n)): StoredEvent => ({
  position: n,
  version: n,
  recordedAt: Date.UTC(2026, 0, 1) + n * 1000,
  event,
});

Deno.test("events and acts are told in the order of their times, amounts with two decimals", () => {
  const act = {
    at: "2026-01-01T00:00:01.500Z",
    act: "redrive",
    by: "Caseworker 7",
    why: "mended",
    processor: "intake",
  };
  const lines = renderCase(
    "zaak 7",
    [stored(1), stored(2, anEvent("zaak 7", 2, "case.payment_plan_created"))],
    [act],
  ).split("\n");
  const heads = lines.filter((line) => !line.startsWith(" "));
  assertEquals(heads[0], "Case zaak 7");
  assert(heads[1]!.includes("1. case.intake"));
  assertEquals(heads[2], "2026-01-01T00:00:01.500Z  *  redrive at intake by Caseworker 7: mended");
  assert(heads[3]!.includes("2. case.payment_plan_created"));
  assert(
    lines.includes("    debt_amount: 1250.50") && lines.includes("      - due 2026-02-01, amount 625.25"),
  );
});

Deno.test("both times are told of an event that was stored at another time than it happened", () => {
  const [, ...lines] = renderCase("zaak 7", [{ ...stored(1), recordedAt: Date.UTC(2026, 2, 1, 9) }], [])
    .split("\n");
  assert(lines[0]!.startsWith(anEvent("zaak 7", 1).timestamp), lines[0]);
  assertEquals(lines[1], "    recorded: 2026-03-01T09:00:00.000Z");
  assertEquals(lines.at(-1), "    marks: late");
  const inTime = { ...stored(1), recordedAt: Date.parse(anEvent("zaak 7", 1).timestamp) + 2_000 };
  assert(!renderCase("zaak 7", [inTime], []).includes("recorded"));
});

Deno.test("who the citizen is, is masked or not shown, wherever it stands; the case id is", () => {
  const shown = withoutPersonalData("case.intake", {
    case_id: "case 7",
    citizen_bsn: "123456782",
    note: "call 123456782",
    organization: "of 123456782 and 1234.56.782, NL91 ABNA 0417 1643 00, an@example.nl",
    profile: { household: "eenouder", contact: { name: "Een Voorbeeld" }, notes: [{ text: "123456782" }] },
  });
  assertEquals(shown, {
    citizen_bsn: "*******82",
    note: "not shown",
    organization: "of [nine digits] and [nine digits], [IBAN], [e-mail]",
    profile: { household: "eenouder", contact: "not shown", notes: "not shown" },
    case_id: "case 7",
  });
});

Deno.test("an amount is shown with two decimals by whatever asks for data; what is no amount stays as it was sent", () => {
  const shown = (debt_amount: unknown) => JSON.stringify(withoutPersonalData("case.intake", { debt_amount }));
  assertEquals(
    [1250.5, 1250, 12.34, -1.5, 0.001, 1e300].map(shown),
    ["1250.50", "1250.00", "12.34", "-1.5", "0.001", "1e+300"].map((text) => `{"debt_amount":${text}}`),
  );
});

Deno.test("ids of events stay whole, and a case id that may be a BSN is masked wherever it is printed", () => {
  const refused = "019b76da-1234-8678-8912-123456789012";
  assertEquals(withoutPersonalData("case.event_refused", { refused, case_id: "123456782" }), {
    refused,
    case_id: "*******82",
  });
  const event = anEvent("123456782", 1);
  const act = { at: "2026-01-01T00:00:00Z", act: "redrive", by: "j.jansen", why: "mended" };
  const printed = renderCase("123456782", [stored(1, event)], [act]) +
    JSON.stringify(toPublicEvent(stored(1, event)));
  assert(!printed.includes("123456782") && printed.includes("Case *******82"));
});

Deno.test("an event that was made in a trace is told with the id of the trace; what is no trace is not", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const shownTrace = (traceparent: string) => {
    const event = { ...anEvent("zaak 7", 1), metadata: { schema_version: 1, traceparent } };
    return [
      renderCase("zaak 7", [stored(1, event)], []).split("\n").at(-1),
      toPublicEvent(stored(1, event)).trace_id,
    ];
  };
  assertEquals(shownTrace(`00-${traceId}-00f067aa0ba902b7-01`), [`    trace: ${traceId}`, traceId]);
  const [line, id] = shownTrace("123456782");
  assertEquals([line!.includes("trace:"), id], [false, undefined]);
});

Deno.test("the event that is told is not changed", () => {
  const event = anEvent("zaak 7", 1);
  const before = JSON.stringify(event);
  renderCase("zaak 7", [stored(1, event)], []);
  assertEquals(JSON.stringify(event), before);
});
