import { assertEquals } from "@std/assert";
import { Quarantine } from "../../../../actors/failures/quarantine.ts";
import { type Batch, linesOf, positionOf } from "../../../../backends/mailbox/batch.ts";
import type { CrashedOwner } from "../../../../backends/mailbox/mailbox.ts";
import { encodeLines } from "../../../../schema/delivery_line.ts";

/** Deliveries at these positions. */
function batchOf(count: number, from = 0): Batch {
  const lines = encodeLines(Array.from({ length: count }, (_, i) => `${from + i + 1}\t1`));
  return { kind: "fresh", lines, count, from, to: from + count };
}

/** The slices, as isolation and positions. */
function slicesOf(quarantine: Quarantine, batch: Batch): string[] {
  return quarantine.split(batch).map(({ batch, isolation }) => {
    const positions = linesOf(batch).map(positionOf);
    assertEquals(batch.count, positions.length);
    const [first, last] = [positions[0]!, positions.at(-1)!];
    return `${isolation} ${first === last ? first : `${first}-${last}`}`;
  });
}

const crashedWith = (first: number, last: number, exclusive = false): CrashedOwner => ({
  inFlight: { first, last, exclusive },
});

Deno.test("without a suspect a batch is handled whole, and is the very same batch", () => {
  const batch = batchOf(500);
  const [slice, ...more] = new Quarantine(undefined).split(batch);
  assertEquals([slice!.batch === batch, slice!.isolation, more.length], [true, "none", 0]);
});

Deno.test("what killed a worker is handled alone from then on, and nothing else is", () => {
  const quarantine = new Quarantine(undefined);
  quarantine.recordCrash(3, "worker");
  assertEquals(slicesOf(quarantine, batchOf(5)), ["none 1-2", "isolated 3", "none 4-5"]);
  assertEquals(slicesOf(quarantine, batchOf(1, 2)), ["isolated 3"]);
});

Deno.test("what killed the process is handled with nothing else running", () => {
  const quarantine = new Quarantine(undefined);
  quarantine.recordCrash(1, "process");
  assertEquals(slicesOf(quarantine, batchOf(2)), ["exclusive 1", "none 2"]);
});

Deno.test("after a crash of the owner 64 at a time are marked, until a fresh batch is settled", () => {
  const quarantine = new Quarantine({});
  assertEquals(slicesOf(quarantine, batchOf(150)), [
    "journaled 1-64",
    "journaled 65-128",
    "journaled 129-150",
  ]);
  quarantine.clear();
  assertEquals(slicesOf(quarantine, batchOf(150)), ["none 1-150"]);
});

Deno.test("of what was marked when the process died, each is handled alone", () => {
  const quarantine = new Quarantine(crashedWith(2, 4));
  assertEquals(slicesOf(quarantine, batchOf(6)), [
    "journaled 1",
    "exclusive 2",
    "exclusive 3",
    "exclusive 4",
    "journaled 5-6",
  ]);
});

Deno.test("what was alone when the process died is condemned, once", () => {
  const quarantine = new Quarantine(crashedWith(2, 2, true));
  assertEquals(slicesOf(quarantine, batchOf(3)), ["journaled 1", "condemned 2", "journaled 3"]);
  quarantine.recordAttempt(batchOf(1, 1));
  assertEquals(slicesOf(quarantine, batchOf(3)), ["journaled 1", "exclusive 2", "journaled 3"]);
  quarantine.clear();
  assertEquals(slicesOf(quarantine, batchOf(1, 1)), ["exclusive 2"], "its next attempt is exclusive too");
});

Deno.test("the number of suspects is bounded, and the oldest is forgotten", () => {
  const quarantine = new Quarantine(undefined);
  for (let position = 1; position <= 5_000; position++) quarantine.recordCrash(position, "worker");
  assertEquals(quarantine.isolationOf(1), "none");
  assertEquals(quarantine.isolationOf(5_000), "isolated");
});
