import { assertEquals } from "@std/assert";
import type { Batch } from "../../../../backends/mailbox/batch.ts";
import { hasSameOrigin, redeliveredPart } from "../../../../backends/settlement/redelivered.ts";
import { deliveryLine, encodeLines } from "../../../../schema/delivery_line.ts";
import { anEvent } from "../../../support/events.ts";

function batchOf(kind: Batch["kind"], ...positions: number[]): Batch {
  const lines = positions.map((position) =>
    deliveryLine({ position, version: 1, attempt: 1, held: false, recordedAt: 1, event: anEvent("a", 1) })
  );
  return { kind, lines: encodeLines(lines), count: lines.length, from: 0, to: positions.at(-1)! };
}

Deno.test("how much of a batch was done before its processor was rewound follows from its positions", () => {
  const part = (redeliversTo: number, batch: Batch) => redeliveredPart({ redeliversTo }, batch);
  assertEquals(part(0, batchOf("fresh", 1, 2)), "none");
  assertEquals(part(2, batchOf("fresh", 1, 2)), "all");
  assertEquals(part(2, batchOf("fresh", 3)), "none");
  assertEquals(part(2, batchOf("redelivery", 1, 2)), "all");
  assertEquals(part(2, batchOf("redelivery", 2, 3)), "some");
  assertEquals(part(2, batchOf("redelivery", 3)), "none");
});

Deno.test("an output is the same processor's from the same input whatever its version, and nothing without both", () => {
  const made = { causation_id: "1", source: "analysis@1" };
  assertEquals(hasSameOrigin(made, { ...made, source: "analysis@2" }), true);
  for (
    const other of [
      { ...made, causation_id: "2" },
      { ...made, source: "decision@1" },
      { ...made, source: "portal" },
      { source: "analysis@1" },
      { causation_id: "1" },
    ]
  ) assertEquals([hasSameOrigin(made, other), hasSameOrigin(other, made)], [false, false]);
  assertEquals(hasSameOrigin({ source: "portal" }, { source: "portal" }), false);
});
