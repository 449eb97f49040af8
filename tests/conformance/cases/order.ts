/** Conformance: the order of a case, whatever happens to its deliveries. @module */
import { assertEquals } from "@std/assert";
import { fnv1a32 } from "../../../schema/partition.ts";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deliveries, type Delivery, type PlannedOutcome, settleBatch } from "../outcomes.ts";
import type { MailboxReader } from "../mailbox_reader.ts";

/** Deliveries that were settled as done, by case. */
type Done = Map<string, number[]>;

/** A worker that fails about every third time, the same way at every run, and at most three times on one event. */
function unreliableDecision(): (delivery: Delivery) => PlannedOutcome {
  const tries = new Map<string, number>();
  return ({ event: { event_id } }) => {
    const mine = (tries.get(event_id) ?? 0) + 1;
    tries.set(event_id, mine);
    const draw = fnv1a32(`${event_id}/${mine}`) % 6;
    if (mine > 3 || draw > 1) return "done";
    return draw === 0 ? "dead" : { retryAfterMs: mine * 5 };
  };
}

async function settleAndRecord(
  reader: MailboxReader,
  done: Done,
  decide: (delivery: Delivery) => PlannedOutcome,
): Promise<void> {
  const batch = await reader.next();
  const settled = settleBatch(batch, decide);
  await reader.mailbox.settle(batch, settled);
  const failed = new Set(settled.failures.map(({ position }) => position));
  for (const { position, version, event } of deliveries(batch)) {
    if (failed.has(position)) continue;
    done.set(event.correlation_id, [...done.get(event.correlation_id) ?? [], version]);
  }
}

function total(done: Done): number {
  return [...done.values()].flat().length;
}

export const orderCases: ConformanceCase[] = [
  {
    name: "each case is done once and in order, through retries, dead letters and redrives (I1, I3)",
    async run(fixture) {
      const { backend, cases, reader } = await fixture.setUp(12, 10, { batchSize: 25 });
      const done: Done = new Map();
      const decide = unreliableDecision();
      while (total(done) < 120) {
        const { mailboxes } = await backend.health();
        const mine = mailboxes.find((each) => each.processor === "intake" && each.partition === 0)!;
        // Once everything waits for a person, the person acts.
        if (mine.pending === 0 && mine.dead > 0) {
          await backend.deadLetters.redrive({ limit: 3 }, { by: "ann", why: "try again" });
        }
        await settleAndRecord(reader, done, decide);
      }
      const expected = Array.from({ length: 10 }, (_, i) => i + 1);
      for (const caseId of cases) assertEquals(done.get(caseId), expected, caseId);
      await reader.assertNoBatch();
      assertEquals(await backend.deadLetters.count(), 0);
    },
  },
  {
    name: "an event that comes while its case is being redelivered waits its turn (I3)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 2);
      const done: Done = new Map();
      await settleAndRecord(reader, done, ({ attempt }) => attempt === 1 ? { retryAfterMs: 1 } : "done");
      const batch = await reader.next();
      await backend.append([anEvent(a!, 3)]);
      await reader.mailbox.settle(batch, settleBatch(batch, () => ({ retryAfterMs: 500 })));
      while (total(done) < 3) await settleAndRecord(reader, done, () => "done");
      assertEquals(done.get(a!), [1, 2, 3]);
    },
  },
];
