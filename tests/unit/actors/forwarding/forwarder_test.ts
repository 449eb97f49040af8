import { assertEquals, assertRejects } from "@std/assert";
import { Forwarder } from "../../../../actors/forwarding/forwarder.ts";
import { EventIdConflict, StoreLost } from "../../../../backends/errors.ts";
import { PrioritySemaphore } from "../../../../backends/primitives/priority_semaphore.ts";
import { deliveryLine, encodeLines } from "../../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { anEvent } from "../../../support/events.ts";

/** Two of one case, and one of another. */
const sent = [["a", 1], ["a", 2], ["b", 3]].map(([caseId, n]) =>
  anEvent(`${caseId}`, Number(n), "case.addressed")
);
const lines = encodeLines(
  sent.map((event, i) =>
    deliveryLine({ ...{ position: i + 1, version: i + 1, attempt: 1, held: false, recordedAt: i, event } })
  ),
);

function forwarderTo(forward: (events: readonly WireEvent[]) => void): Forwarder {
  const answer = { stored: 0, duplicates: 0, position: 0, version: 0 };
  const source = { forward: (events: readonly WireEvent[]) => Promise.try(() => (forward(events), answer)) };
  return new Forwarder(source, Promise.resolve("secret"), () => new PrioritySemaphore(1));
}

Deno.test("an event whose id was taken fails alone: its case waits behind it, and others go on", async () => {
  const stored: string[] = [];
  const first = sent[0]!.event_id;
  const forwarder = forwarderTo((events) => {
    if (events.some(({ metadata }) => metadata.causation_id === first)) throw new EventIdConflict("taken");
    stored.push(...events.map(({ metadata }) => metadata.causation_id!));
  });
  const { failedAttempts, done } = await forwarder.run({ lines });
  assertEquals(failedAttempts.map(({ position, held, error }) => [position, held, error.class]), [
    [1, false, "EventIdConflict"],
    [2, true, "Held"],
  ]);
  assertEquals([[...done["case.addressed"]!], stored], [[2], [sent[2]!.event_id]]);
});

Deno.test("what is no event of its type is a dead letter, and a store that is lost fails no event", async () => {
  const broken = { ...sent[0]!, data: { ...sent[0]!.data, event_type: "case.unheard_of" } };
  const line = deliveryLine({
    position: 1,
    version: 1,
    attempt: 1,
    held: false,
    recordedAt: 0,
    event: broken,
  });
  const { failedAttempts } = await forwarderTo(() => {}).run({ lines: encodeLines([line]) });
  assertEquals(failedAttempts.map(({ final, error }) => [final, error.class]), [[true, "InvalidEvent"]]);
  const lost = forwarderTo(() => {
    throw new StoreLost("gone");
  });
  await assertRejects(() => lost.run({ lines }), StoreLost);
});
