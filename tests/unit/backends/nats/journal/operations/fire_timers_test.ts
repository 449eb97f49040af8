/** Timers that are due: the event and that it has fired are one record, and neither comes twice. @module */
import { assertEquals } from "@std/assert";
import { fireDueTimers } from "../../../../../../backends/nats/journal/operations/fire_timers.ts";
import type { Contribution } from "../../../../../../backends/nats/journal/partition/commit_queue.ts";
import { storeRow } from "../../../../../../schema/delivery_line.ts";
import { anEvent } from "../../../../../support/events.ts";
import { answerLost, MemoryLog } from "../../../../../support/nats_log/memory_log.ts";
import { anOwner, eventsIn } from "../../../../../support/nats_log/memory_node.ts";

/** Sets timers of a case, each due at its number. */
function setting(caseId: string, ...ns: readonly number[]): Contribution<void> {
  return {
    size: { events: 0, bytes: 0 },
    addTo(plan) {
      for (const n of ns) {
        const row = storeRow(anEvent(caseId, n, "case.term_expired"), 0);
        const at = new Date(n).toISOString();
        plan.changes.timers.push({ kind: "set", processor: "p", caseId, name: `${n}`, at, row });
      }
      return Promise.resolve(() => {});
    },
  };
}

Deno.test("those that are due become events of their cases, by when they were due, and the others wait", async () => {
  const log = new MemoryLog();
  const { writer } = await anOwner(log);
  await writer.submit(setting("a", 30, 10));
  await writer.submit(setting("b", 20));
  await fireDueTimers(writer, 20);
  assertEquals(eventsIn(log), ["a 1", "b 1"]);
  assertEquals(writer.timers.nextDueAt, 30);
  await fireDueTimers(writer, 29);
  assertEquals(eventsIn(log).length, 2);
});

Deno.test("a record whose answer is lost fires them once", async () => {
  const log = new MemoryLog();
  const { writer, client } = await anOwner(log);
  await writer.submit(setting("a", 10));
  client.faults.push(answerLost());
  await fireDueTimers(writer, 10);
  assertEquals([eventsIn(log), writer.timers.nextDueAt], [["a 1"], Infinity]);
});

Deno.test("one whose event is stored already only ends", async () => {
  const log = new MemoryLog();
  const { writer } = await anOwner(log);
  for (const _ of [1, 2]) {
    await writer.submit(setting("a", 10));
    await fireDueTimers(writer, 10);
  }
  assertEquals([eventsIn(log), writer.timers.nextDueAt], [["a 1"], Infinity]);
});

Deno.test("an owner that was replaced fires nothing, and its successor does", async () => {
  const log = new MemoryLog();
  const before = await anOwner(log);
  await before.writer.submit(setting("a", 10));
  const { writer } = await anOwner(log);
  await fireDueTimers(before.writer, 10);
  assertEquals([eventsIn(log), before.writer.isOwner], [[], false]);
  await fireDueTimers(writer, 10);
  assertEquals(eventsIn(log), ["a 1"]);
});
