/** What must follow from which event. @module */
import { assertEquals } from "@std/assert";
import { conservation } from "../../../../simulators/proof/conservation.ts";
import { anEvent } from "../../../support/events.ts";

Deno.test("a withdrawal closes its case, unless it must be confirmed: then a person is asked, or was already", () => {
  const withdrawal = anEvent("c", 1, "case.withdrawn");
  assertEquals(conservation(withdrawal), [["case.completed", "case.event_refused"]]);
  const metadata = { ...withdrawal.metadata, marks: ["to_be_confirmed" as const] };
  assertEquals(conservation({ ...withdrawal, metadata }), undefined);
});
