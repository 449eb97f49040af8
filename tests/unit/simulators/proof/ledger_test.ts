import { assertEquals } from "@std/assert";
import { conservation } from "../../../../simulators/proof/conservation.ts";
import { Ledger } from "../../../../simulators/proof/ledger.ts";
import type { EventType } from "../../../../schema/events.ts";
import { anEvent } from "../../../support/events.ts";

function reported(...types: (EventType | "late")[]) {
  const ledger = new Ledger(conservation);
  types.forEach((type, i) => {
    const event = type === "late" ? alarm(i + 1) : anEvent("case-1", i + 1, type);
    ledger.observe({ position: i + 1, version: i + 1, recordedAt: i, event });
  });
  const { accepted, completed, inReview, inProgress } = ledger.report(new Map());
  return { accepted, completed, inReview, inProgress };
}

/** The team lead is told that the municipality is late. */
function alarm(n: number) {
  const event = anEvent("case-1", n, "case.review_requested");
  return { ...event, data: { ...event.data, reasons: [{ code: "municipality_late", reason: "late" }] } };
}

const late = ["case.payment_received", "case.reopened"] as const;

Deno.test("a case that was reopened is counted once: in progress, and when it closes again completed", () => {
  assertEquals(reported("case.completed"), { accepted: 1, completed: 1, inReview: 0, inProgress: 0 });
  const open = { accepted: 1, completed: 0, inReview: 0, inProgress: 1 };
  assertEquals(reported("case.completed", ...late), open);
  const closed = { accepted: 1, completed: 1, inReview: 0, inProgress: 0 };
  assertEquals(reported("case.completed", ...late, "case.completed"), closed);
});

Deno.test("a municipality that is late waits for the team lead, until assistance goes on or a person decides", () => {
  const [asked, open] = [{ inReview: 1, inProgress: 0 }, { inReview: 0, inProgress: 1 }];
  const counts = { accepted: 1, completed: 0 };
  assertEquals(reported("case.decision", "late"), { ...counts, ...asked });
  assertEquals(reported("case.decision", "late", "case.assistance_accepted"), { ...counts, ...open });
  assertEquals(reported("case.review_requested", "case.assistance_accepted"), { ...counts, ...asked });
});

Deno.test("what was addressed to another case arrived there once, or is lost or duplicated", () => {
  const addressed = anEvent("case-1", 1, "case.addressed");
  const arrived = (n: number) => {
    const metadata = { schema_version: 1, causation_id: addressed.event_id, source: "forwarder@1" };
    return { ...anEvent("case-2", n, "case.payment_missed"), metadata };
  };
  const reportOf = (...forwarded: number[]) => {
    const ledger = new Ledger(() => undefined);
    // Positions of two partitions have no common order: the effect may be read first.
    for (const n of forwarded) {
      ledger.observe({ position: n, version: n, recordedAt: n, event: arrived(n) });
    }
    ledger.observe({ position: 9, version: 1, recordedAt: 9, event: addressed });
    return ledger.report(new Map());
  };
  assertEquals(reportOf().lost, [addressed.event_id]);
  assertEquals([reportOf(1).balanced, reportOf(1, 2).duplicated], [true, [arrived(2).event_id]]);
});
