/** A node at work: it consumes every mailbox it wins, and keeps an account of what it settled. @module */
import { storeRow } from "../../schema/delivery_line.ts";
import { assertEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { Fenced, type Mailbox, type ProcessorSpec } from "../../backends/mailbox/mailbox.ts";
import { deliveries, type Delivery, outputOf, settlement } from "./outcomes.ts";
import { INTAKE } from "./fixture.ts";

/** The deliveries that were settled as done, in the order in which they were. */
export class DeliveryLog {
  readonly done: Delivery[] = [];

  /** Asserts that each of these events was done once, and each case in order. */
  assertOnceInOrder(eventIds: readonly string[]): void {
    assertEquals(this.done.map(({ event }) => event.event_id).sort(), [...eventIds].sort());
    const last = new Map<string, number>();
    for (const { event: { correlation_id: caseId }, version } of this.done) {
      assertEquals(version > (last.get(caseId) ?? 0), true, `${caseId} version ${version} came out of order`);
      last.set(caseId, version);
    }
  }
}

/** Consumes all mailboxes that the node wins, until the signal aborts. Every delivery gives one output. */
export async function consumeAll(
  backend: Backend,
  log: DeliveryLog,
  signal: AbortSignal,
  spec: ProcessorSpec = INTAKE,
): Promise<void> {
  const consumers: Promise<void>[] = [];
  for await (const mailbox of backend.mailboxes(spec, signal)) {
    consumers.push(consumeOne(mailbox, log, signal));
  }
  await Promise.all(consumers);
}

async function consumeOne(mailbox: Mailbox, log: DeliveryLog, signal: AbortSignal): Promise<void> {
  try {
    for await (const batch of mailbox.batches(signal)) {
      const read = deliveries(batch);
      const outputs = read.map((delivery) => storeRow(outputOf(delivery), mailbox.partition));
      await mailbox.settle(batch, settlement({ outputs }));
      log.done.push(...read);
    }
  } catch (error) {
    // Another node has the partition now, and will be given what this one could not settle.
    if (!(error instanceof Fenced)) throw error;
  }
  await mailbox.close();
}
