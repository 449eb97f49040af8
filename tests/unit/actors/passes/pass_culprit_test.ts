import { assertEquals } from "@std/assert";
import { Quarantine } from "../../../../actors/failures/quarantine.ts";
import { droppedByDeath, type PassCulprit } from "../../../../actors/passes/pass_culprit.ts";
import { WorkerDied } from "../../../../actors/pool/worker_handle.ts";
import { NO_PLACE, writePlace } from "../../../../actors/worker/pass_place.ts";
import { type Batch, linesOf, positionOf } from "../../../../backends/mailbox/batch.ts";
import type { PassFetched } from "../../../../backends/mailbox/pass.ts";
import { deliveryLine, encodeLines } from "../../../../schema/delivery_line.ts";
import { anEvent } from "../../../support/events.ts";

const CASES = ["a", "b", "a", "c"];
const MEMBERS = ["first", "second", "third"];

/** Four deliveries at positions 11 to 14. */
function batchOf(attempt = 1): Batch {
  const lines = CASES.map((caseId, i) =>
    deliveryLine({
      ...{ position: 11 + i, version: 1 + i, attempt, held: false, recordedAt: 0 },
      event: anEvent(caseId, 1 + i),
    })
  );
  return { kind: "fresh", lines: encodeLines(lines), count: CASES.length, from: 10, to: 14 };
}

const fetched: PassFetched = {
  ...{ kind: "pass", lines: batchOf().lines, count: CASES.length, nextDueMs: Infinity },
  parts: MEMBERS.map((processor) => ({ processor, from: 10, to: 14, isCaughtUp: true })),
};

function diedAt(place: Parameters<typeof writePlace>[0] | undefined, of = fetched) {
  const suspect = place === undefined ? NO_PLACE : writePlace(place, MEMBERS.length);
  const { processor, culprit } = droppedByDeath(new WorkerDied("threw", suspect, "it did"), of);
  return [processor, culprit];
}

/** The slices, as isolation and positions. */
function slicesAfter(culprit: PassCulprit, batch = batchOf()): string[] {
  const quarantine = new Quarantine(undefined);
  quarantine.accuse(culprit);
  return quarantine.split(batch).map(({ isolation, batch }) =>
    `${isolation} ${linesOf(batch).map(positionOf)}`
  );
}

const failed = {
  kind: "failed" as const,
  failed: {
    ...{ position: 13, eventId: "", eventType: "case.intake", caseId: "a", attempt: 1, held: false },
    ...{ final: false, error: { class: "TypeError", message: "misbehaving" } },
  },
};

Deno.test("a worker's death in a pass is that of the delivery that it was at", () => {
  assertEquals(diedAt({ line: 2, member: 1, isChained: false }), ["second", {
    kind: "killed",
    position: 13,
  }]);
  assertEquals(diedAt({ line: 3, member: 2, isChained: true }), [
    "third",
    { kind: "killed_in_case", caseId: "c" },
  ]);
  assertEquals(diedAt(undefined), [undefined, undefined]);
});

Deno.test("what was alone in its pass is charged with the death of its worker", () => {
  const alone = { ...fetched, lines: encodeLines(linesOf(batchOf()).slice(0, 1)) };
  const [processor, culprit] = diedAt({ line: 0, member: 0, isChained: false }, alone);
  assertEquals([processor, (culprit as typeof failed).failed.error.class], ["first", "WorkerDied"]);
  // Before the second one the first was handled.
  assertEquals(diedAt({ line: 0, member: 1, isChained: false }, alone), ["second", {
    ...{ kind: "killed", position: 11 },
  }]);
});

Deno.test("what killed its worker in a pass is handled alone", () => {
  assertEquals(slicesAfter({ kind: "killed", position: 12 }), ["none 11", "isolated 12", "none 13,14"]);
  const inCase = slicesAfter({ kind: "killed_in_case", caseId: "a" });
  assertEquals(inCase, ["isolated 11", "none 12", "isolated 13", "none 14"]);
});

Deno.test("what failed in a pass is not tried again for that attempt, and for the next one it is", () => {
  assertEquals(slicesAfter(failed), ["none 11,12", "failed 13", "none 14"]);
  assertEquals(slicesAfter(failed, { ...batchOf(2), kind: "redelivery" }), ["none 11,12,13,14"]);
});
