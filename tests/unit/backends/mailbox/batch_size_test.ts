/** How much a mailbox reads at a time. @module */
import { assertEquals } from "@std/assert";
import { BatchSizer } from "../../../../backends/mailbox/batch_size.ts";

const bounds = { batchSize: 500, batchBytes: 1_000_000 };
const batchOf = (count: number, bytesEach: number) => ({ count, lines: new Uint8Array(count * bytesEach) });

Deno.test("a first batch is of moderate size, and the next ones of events of usual size are whole", () => {
  const sizer = new BatchSizer(bounds);
  assertEquals(sizer.limits, { batchSize: 64, batchBytes: 1_000_000 });
  sizer.observe(batchOf(64, 600));
  assertEquals(sizer.limits, bounds);
});

Deno.test("of large events no more are asked for than could fit, so that a store need not read hundreds to give one", () => {
  const sizer = new BatchSizer(bounds);
  sizer.observe(batchOf(1, 5_000_000));
  assertEquals(sizer.limits.batchSize, 1);
  sizer.observe(batchOf(1, 600));
  assertEquals(sizer.limits.batchSize, 500);
});
