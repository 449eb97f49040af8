import { assertEquals } from "@std/assert";
import { Exclusion } from "../../../actors/exclusion.ts";
import { tend } from "../../../actors/tend.ts";
import type { WorkerPool } from "../../../actors/worker_pool.ts";
import { BackendAway } from "../../../backends/backend.ts";
import { Gate } from "../../../backends/gate.ts";
import type { Batch, Mailbox, Settlement } from "../../../backends/mailbox.ts";
import { deliveryLine } from "../../../schema/stored_event.ts";
import { anEvent } from "../../support/events.ts";
import { OddObserver } from "../../support/odd_observer.ts";
import { oddOptions } from "../../support/odd_runtime.ts";

const event = anEvent("case-1", 1);
const lines = deliveryLine({ position: 1, version: 1, attempt: 1, held: false, recordedAt: 0, event });
const batch: Batch = { kind: "fresh", lines, count: 1, bytes: lines.length, from: 0, to: 1 };

/** A mailbox whose owner died of delivery 1, and which gives out that delivery until it is told to stop. */
function inherited(settle: (settlement: Settlement) => Promise<void>): Mailbox {
  return {
    ...{ processor: "odd", partition: 0, epoch: 2, lost: new AbortController().signal },
    abandoned: { trial: { first: 1, last: 1, alone: true } },
    async *batches(signal) {
      while (!signal.aborted) yield await Promise.resolve(batch);
    },
    begin: () => Promise.resolve(),
    settle: (_, settlement) => settle(settlement),
    histories: () => Promise.resolve(""),
    close: () => Promise.resolve(),
  };
}

/** Workers that do everything they are given. */
const pool = {
  gate: () => new Gate(1),
  run: () => Promise.resolve({ outputs: "", outputTypes: {}, timers: [], failed: [], done: {} }),
} as unknown as WorkerPool;

Deno.test("the death of a node is charged once, also when the answer to its settlement is lost", async () => {
  const stop = new AbortController();
  const settled: string[] = [];
  const mailbox = inherited(({ exceptions }) => {
    const [first] = exceptions;
    settled.push(first === undefined || first.outcome.kind === "held" ? "done" : first.outcome.error.class);
    if (settled.length === 1) return Promise.reject(new BackendAway("no answer"));
    stop.abort();
    return Promise.resolve();
  });
  const { policy } = oddOptions;
  const parts = { pool, exclusion: new Exclusion(), observer: new OddObserver(), policy };
  await tend(mailbox, { ...parts, now: () => new Date(), random: Math.random }, stop.signal);
  assertEquals(settled, ["NodeDied", "done"]);
});
