import { assertEquals } from "@std/assert";
import { Exclusion } from "../../../actors/exclusion.ts";
import { tend, type TendParts } from "../../../actors/tend.ts";
import type { WorkerPool } from "../../../actors/worker_pool.ts";
import { BackendAway } from "../../../backends/backend.ts";
import { Gate } from "../../../backends/gate.ts";
import type { Abandoned, Batch, Mailbox, Settlement } from "../../../backends/mailbox.ts";
import { deliveryLine, encodeLines } from "../../../schema/stored_event.ts";
import { anEvent } from "../../support/events.ts";
import { OddObserver } from "../../support/odd_observer.ts";
import { oddOptions } from "../../support/odd_runtime.ts";

const event = anEvent("case-1", 1);
const lines = encodeLines([
  deliveryLine({ position: 1, version: 1, attempt: 1, held: false, recordedAt: 0, event }),
]);
const batch: Batch = { kind: "fresh", lines, count: 1, from: 0, to: 1 };

/** A mailbox whose owner died, and which gives out delivery 1 until it is told to stop. */
function inherited(abandoned: Abandoned, settle: (settlement: Settlement) => Promise<void>): Mailbox {
  return {
    ...{ processor: "odd", partition: 0, epoch: 2, lost: new AbortController().signal },
    abandoned,
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
  run: () =>
    Promise.resolve({ outputs: new Uint8Array(), outputTypes: {}, timers: [], failed: [], done: {} }),
} as unknown as WorkerPool;

/** What all actors of a process share. */
function sharedParts(): TendParts {
  const { policy } = oddOptions;
  const [exclusion, observer] = [new Exclusion(), new OddObserver()];
  return { pool, stage: 0, exclusion, observer, policy, now: () => new Date(), random: Math.random };
}

Deno.test("the death of a node is charged once, also when the answer to its settlement is lost", async () => {
  const stop = new AbortController();
  const settled: string[] = [];
  const died: Abandoned = { trial: { first: 1, last: 1, alone: true } };
  const mailbox = inherited(died, ({ exceptions }) => {
    const [first] = exceptions;
    settled.push(first === undefined || first.outcome.kind === "held" ? "done" : first.outcome.error.class);
    if (settled.length === 1) return Promise.reject(new BackendAway("no answer"));
    stop.abort();
    return Promise.resolve();
  });
  await tend(mailbox, sharedParts(), stop.signal);
  assertEquals(settled, ["NodeDied", "done"]);
});

Deno.test("as long as the store has a delivery on trial nothing else is handled, for it would be charged with its death", async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const told: string[] = [];
  const suspected = inherited({ trial: { first: 1, last: 1, alone: false } }, async () => {
    asked.resolve();
    await stored.promise;
    told.push("settled");
    stop.abort();
  });
  const parts = sharedParts();
  const first = tend(suspected, parts, stop.signal);
  await asked.promise;
  const other = parts.exclusion.enter(false).then((leave) => (told.push("handled"), leave()));
  await new Promise((resolve) => setTimeout(resolve));
  stored.resolve();
  await Promise.all([first, other]);
  assertEquals(told, ["settled", "handled"]);
});
