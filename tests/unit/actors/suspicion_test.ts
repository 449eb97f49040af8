import { assertEquals } from "@std/assert";
import { Suspicion } from "../../../actors/suspicion.ts";
import { type Abandoned, type Batch, linesOf, positionOf } from "../../../backends/mailbox.ts";
import { encodeLines } from "../../../schema/stored_event.ts";

/** Deliveries at these positions. */
function batchOf(count: number, from = 0): Batch {
  const lines = encodeLines(Array.from({ length: count }, (_, i) => `${from + i + 1}\t1`));
  return { kind: "fresh", lines, count, from, to: from + count };
}

/** The parts, as care and positions. */
function partsOf(suspicion: Suspicion, batch: Batch): string[] {
  return suspicion.parts(batch).map(({ batch, care }) => {
    const positions = linesOf(batch).map(positionOf);
    assertEquals(batch.count, positions.length);
    const [first, last] = [positions[0]!, positions.at(-1)!];
    return `${care} ${first === last ? first : `${first}-${last}`}`;
  });
}

const trial = (first: number, last: number, alone = false): Abandoned => ({ trial: { first, last, alone } });

Deno.test("without suspicion a batch is handled whole, and is the very same batch", () => {
  const batch = batchOf(500);
  const [part, ...more] = new Suspicion(undefined).parts(batch);
  assertEquals([part!.batch === batch, part!.care, more.length], [true, "none", 0]);
});

Deno.test("what killed a worker is handled alone from then on, and nothing else is", () => {
  const suspicion = new Suspicion(undefined);
  suspicion.killed(3, "worker");
  assertEquals(partsOf(suspicion, batchOf(5)), ["none 1-2", "alone 3", "none 4-5"]);
  assertEquals(partsOf(suspicion, batchOf(1, 2)), ["alone 3"]);
});

Deno.test("what killed the process is tried with nothing beside it", () => {
  const suspicion = new Suspicion(undefined);
  suspicion.killed(1, "process");
  assertEquals(partsOf(suspicion, batchOf(2)), ["trial 1", "none 2"]);
});

Deno.test("after the death of an owner, a few at a time are written down, until a stretch is settled", () => {
  const suspicion = new Suspicion({});
  assertEquals(partsOf(suspicion, batchOf(150)), ["marked 1-64", "marked 65-128", "marked 129-150"]);
  suspicion.calm();
  assertEquals(partsOf(suspicion, batchOf(150)), ["none 1-150"]);
});

Deno.test("of what was written down when the process died, each is tried by itself", () => {
  const suspicion = new Suspicion(trial(2, 4));
  assertEquals(partsOf(suspicion, batchOf(6)), ["marked 1", "trial 2", "trial 3", "trial 4", "marked 5-6"]);
});

Deno.test("what was alone when the process died is guilty, once", () => {
  const suspicion = new Suspicion(trial(2, 2, true));
  assertEquals(partsOf(suspicion, batchOf(3)), ["marked 1", "guilty 2", "marked 3"]);
  suspicion.charged(2);
  assertEquals(partsOf(suspicion, batchOf(3)), ["marked 1", "trial 2", "marked 3"]);
  suspicion.calm();
  assertEquals(partsOf(suspicion, batchOf(1, 1)), ["trial 2"], "its next attempt is a trial too");
});

Deno.test("only so many killers are remembered", () => {
  const suspicion = new Suspicion(undefined);
  for (let position = 1; position <= 5_000; position++) suspicion.killed(position, "worker");
  assertEquals(suspicion.care(1), "none");
  assertEquals(suspicion.care(5_000), "alone");
});
