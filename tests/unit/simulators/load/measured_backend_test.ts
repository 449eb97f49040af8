import { assertEquals } from "@std/assert";
import type { Batch } from "../../../../backends/mailbox/batch.ts";
import type { FailedDelivery } from "../../../../backends/mailbox/mailbox.ts";
import { deliveryLine, encodeLines } from "../../../../schema/delivery_line.ts";
import { settledDeliveries } from "../../../../simulators/load/measured_backend.ts";
import { anEvent } from "../../../support/events.ts";

function line(position: number, recordedAt: number, timestamp: string): string {
  const event = { ...anEvent("a", 1), timestamp };
  return deliveryLine({ position, version: 1, attempt: 1, held: false, recordedAt, event });
}

Deno.test("what is told of a batch is its deliveries that are done, with their times", () => {
  const lines = encodeLines([
    line(7, 1_000, "1970-01-01T00:00:00.900Z"),
    line(8, 2_000, "1970-01-01T00:00:01.900Z"),
  ]);
  const failures = [{ position: 8 }] as unknown as FailedDelivery[];
  const settlement = { outputs: new Uint8Array(), outputTypes: {}, timers: [], failures: failures };
  assertEquals(settledDeliveries({ lines } as Batch, settlement), [
    { recordedAt: 1_000, timestamp: 900 },
  ]);
});
