import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { backlogBehind } from "../../../../../../backends/nats/journal/reads/backlog.ts";
import { LogState } from "../../../../../../backends/nats/journal/partition/log_state.ts";
import {
  eventPosition,
  type LogRecord,
  NO_CHANGES,
  type StoredRecord,
} from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead } from "../../../../../support/nats_log/records.ts";

const TYPES = ["a", "b", "c"];

/** Records with events of these types each, at sequences with gaps, and a view of them. */
function viewOf(records: readonly (readonly string[])[]) {
  const counts: Record<string, number> = {};
  const stored = records.map((types, i): StoredRecord<LogRecord> => {
    for (const type of types) counts[type] = (counts[type] ?? 0) + 1;
    const events = types.map((type, index) => ({
      ...{ index, type, version: 1, eventId: `${i}.${index}`, caseId: "x", rest: new Uint8Array() },
    }));
    const head = aHead({ recordedAt: 1_000 + i, counts: { ...counts } });
    return { sequence: 3 * i + 1, record: { kind: "record", head, changes: NO_CHANGES, events } };
  });
  const state = new LogState();
  for (const each of stored) state.absorb(each);
  let reads = 0;
  const view = {
    state,
    recordAt: (sequence: number) => {
      return Promise.resolve(stored.find((each) => each.sequence === sequence)?.record);
    },
    nextRecord: (sequence: number) => {
      reads++;
      return Promise.resolve(stored.find((each) => each.sequence > sequence));
    },
  };
  return { view, stored, reads: () => reads };
}

Deno.test("a backlog has as many events of its types as there are behind the checkpoint, and the time of the first", async () => {
  const record = fc.array(fc.constantFrom(...TYPES), { maxLength: 3 });
  const property = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 30 }),
    fc.subarray(TYPES),
    fc.nat(),
    async (records, takes, at) => {
      const { view, stored } = viewOf(records);
      const events = stored.flatMap(({ sequence, record: { head, events } }) =>
        events.map(({ index, type }) => ({
          position: eventPosition(sequence, index),
          type,
          recordedAt: head.recordedAt,
        }))
      );
      const checkpoint = at % (events.length + 1) === 0 ? 0 : events[at % (events.length + 1) - 1]!.position;
      const behind = events.filter(({ position, type }) => position > checkpoint && takes.includes(type));
      assertEquals(await backlogBehind(view, { checkpoint, takes }), {
        count: behind.length,
        oldest: behind[0]?.recordedAt,
      });
    },
  );
  await fc.assert(property);
});

Deno.test("the first of a backlog is found by halves", async () => {
  const { view, reads } = viewOf([...Array.from({ length: 5_000 }, () => ["a"]), ["b"], ["a"]]);
  const backlog = await backlogBehind(view, { checkpoint: eventPosition(1, 0), takes: ["b"] });
  assertEquals(backlog, { count: 1, oldest: 6_000 });
  assertEquals(reads() < 20, true, `${reads()} reads`);
});
