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

/** The parts, as care and positions. */
function partsOf(suspicion: Quarantine, batch: Batch): string[] {
  return suspicion.split(batch).map(({ batch, isolation }) => {
    const positions = linesOf(batch).map(positionOf);
    assertEquals(batch.count, positions.length);
    const [first, last] = [positions[0]!, positions.at(-1)!];
    return `${isolation} ${first === last ? first : `${first}-${last}`}`;
  });
}

const trial = (first: number, last: number, exclusive = false): CrashedOwner => ({
  inFlight: { first, last, exclusive },
});

Deno.test("without suspicion a batch is handled whole, and is the very same batch", () => {
  const batch = batchOf(500);
  const [part, ...more] = new Quarantine(undefined).split(batch);
  assertEquals([part!.batch === batch, part!.isolation, more.length], [true, "none", 0]);
});

Deno.test("what killed a worker is handled alone from then on, and nothing else is", () => {
  const suspicion = new Quarantine(undefined);
  suspicion.recordCrash(3, "worker");
  assertEquals(partsOf(suspicion, batchOf(5)), ["none 1-2", "isolated 3", "none 4-5"]);
  assertEquals(partsOf(suspicion, batchOf(1, 2)), ["isolated 3"]);
});

Deno.test("what killed the process is tried with nothing beside it", () => {
  const suspicion = new Quarantine(undefined);
  suspicion.recordCrash(1, "process");
  assertEquals(partsOf(suspicion, batchOf(2)), ["exclusive 1", "none 2"]);
});

Deno.test("after the death of an owner, a few at a time are written down, until a stretch is settled", () => {
  const suspicion = new Quarantine({});
  assertEquals(partsOf(suspicion, batchOf(150)), ["journaled 1-64", "journaled 65-128", "journaled 129-150"]);
  suspicion.clear();
  assertEquals(partsOf(suspicion, batchOf(150)), ["none 1-150"]);
});

Deno.test("of what was written down when the process died, each is tried by itself", () => {
  const suspicion = new Quarantine(trial(2, 4));
  assertEquals(partsOf(suspicion, batchOf(6)), [
    "journaled 1",
    "exclusive 2",
    "exclusive 3",
    "exclusive 4",
    "journaled 5-6",
  ]);
});

Deno.test("what was alone when the process died is guilty, once", () => {
  const suspicion = new Quarantine(trial(2, 2, true));
  assertEquals(partsOf(suspicion, batchOf(3)), ["journaled 1", "condemned 2", "journaled 3"]);
  suspicion.recordAttempt(2);
  assertEquals(partsOf(suspicion, batchOf(3)), ["journaled 1", "exclusive 2", "journaled 3"]);
  suspicion.clear();
  assertEquals(partsOf(suspicion, batchOf(1, 1)), ["exclusive 2"], "its next attempt is a trial too");
});

Deno.test("only so many killers are remembered", () => {
  const suspicion = new Quarantine(undefined);
  for (let position = 1; position <= 5_000; position++) suspicion.recordCrash(position, "worker");
  assertEquals(suspicion.isolationOf(1), "none");
  assertEquals(suspicion.isolationOf(5_000), "isolated");
});
