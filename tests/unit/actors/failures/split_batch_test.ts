import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { holdCases, splitAroundSuspect } from "../../../../actors/failures/split_batch.ts";
import { type Batch, linesOf, sliceBatch } from "../../../../backends/mailbox/batch.ts";
import { deliveryLine, encodeLines, parseLine } from "../../../../schema/delivery_line.ts";
import { anEvent } from "../../../support/events.ts";

/** A batch of deliveries at these positions, of three cases in turn. */
function batchAt(positions: readonly number[], kind: Batch["kind"] = "fresh"): Batch {
  const lines = encodeLines(positions.map((position, i) => {
    const event = anEvent(`case-${i % 3}`, i + 1);
    return deliveryLine({ position, version: i + 1, attempt: 1, held: false, recordedAt: 0, event });
  }));
  return { kind, lines, count: positions.length, from: 3, to: positions.at(-1)! + 5 };
}

const positions = fc.uniqueArray(fc.integer({ min: 4, max: 9_999 }), { minLength: 1, maxLength: 12 })
  .map((list) => list.sort((a, b) => a - b));

/** The slices are the batch: every line once, in order, each slice's checkpoint where the next one begins. */
function assertCovers(slices: readonly Batch[], batch: Batch): void {
  assertEquals(slices.flatMap(linesOf), linesOf(batch));
  assertEquals([slices[0]!.from, slices.at(-1)!.to], [batch.from, batch.to]);
  slices.slice(1).forEach((slice, i) => assertEquals(slice.from, slices[i]!.to));
  for (const slice of slices) {
    assert(slice.count > 0);
    assertEquals([slice.count, slice.kind], [linesOf(slice).length, batch.kind]);
  }
}

Deno.test("the slices around a suspect cover the batch exactly, in order, and their checkpoints chain", () => {
  fc.assert(fc.property(positions, fc.nat({ max: 20 }), (at, suspect) => {
    const batch = batchAt(at);
    assertCovers(splitAroundSuspect(batch, suspect), batch);
  }));
});

Deno.test("cut again and again, a batch is still covered exactly, and ends in single deliveries", () => {
  fc.assert(fc.property(positions, fc.infiniteStream(fc.nat({ max: 12 })), (at, suspects) => {
    const batch = batchAt(at);
    let slices = [batch];
    for (let round = 0; slices.some(({ count }) => count > 1); round++) {
      assert(round < 100, "it goes on for ever");
      slices = slices.flatMap((slice) => splitAroundSuspect(slice, suspects.next().value));
      assertCovers(slices, batch);
    }
    assertEquals(slices.map(({ to }) => to).slice(0, -1), at.slice(0, -1));
  }));
});

Deno.test("the suspect is alone, and what was merely waiting is not cut", () => {
  const batch = batchAt([4, 5, 6, 7]);
  const counts = (suspect: number | undefined) =>
    splitAroundSuspect(batch, suspect).map(({ count }) => count);
  assertEquals([0, 1, 3, 4, undefined].map(counts), [[1, 3], [1, 1, 2], [3, 1], [2, 2], [4]]);
});

Deno.test("a slice of a redelivery keeps the checkpoint that it has nothing to do with", () => {
  const batch = batchAt([4, 5, 6], "redelivery");
  assertEquals([sliceBatch(batch, 1, 2).from, sliceBatch(batch, 1, 2).to], [batch.from, batch.to]);
});

Deno.test("the deliveries of cases that stopped are held, and nothing else changes", () => {
  const batch = batchAt([4, 5, 6, 7, 8]);
  const held = linesOf(holdCases(new Set(["case-1"]), batch)).map(parseLine);
  assertEquals(held.map((delivery) => delivery.held), [false, true, false, false, true]);
  assertEquals(held.map((delivery) => ({ ...delivery, held: false })), linesOf(batch).map(parseLine));
  assert(holdCases(new Set(), batch) === batch);
});
