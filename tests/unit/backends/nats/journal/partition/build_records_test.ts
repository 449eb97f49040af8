import { assert, assertEquals, assertThrows } from "@std/assert";
import { buildRecords } from "../../../../../../backends/nats/journal/partition/build_records.ts";
import type { LogRecord } from "../../../../../../backends/nats/journal/record/record.ts";
import { LogState } from "../../../../../../backends/nats/journal/partition/log_state.ts";
import { EventTooLarge } from "../../../../../../backends/nats/connection/errors.ts";
import { versioned } from "../../../../../support/nats_log/records.ts";

const content = { nonce: "n", epoch: 2, kind: "own" } as const;
const move = { name: "p", from: 0, to: 9, epoch: 1 };

/** The records, taken in as if they were stored from a sequence on. */
function absorbed(state: LogState, records: readonly { record: LogRecord }[], sequence: number) {
  records.forEach(({ record }, i) => state.absorb({ sequence: sequence + i, record }));
  return records.map(({ record }) => record.head);
}

Deno.test("a record counts the events of its partition by type, and names only kinds that are new to it", () => {
  const state = new LogState();
  const build = () => buildRecords(state, { ...content, now: 5, events: versioned("a", 3) }, 1e6);
  const [first] = absorbed(state, build(), 4);
  const [second] = absorbed(state, build(), 7);
  assertEquals(first!.kinds, [{ type: "case.intake", version: 1 }]);
  assertEquals(second!.kinds, []);
  assertEquals([first!.counts, second!.counts], [{ "case.intake": 3 }, { "case.intake": 6 }]);
  assertEquals([first!.before, second!.before], [0, 4]);
});

Deno.test("no record is before the one in front of it, whatever the clock says", () => {
  const state = new LogState();
  const times = [500, 300, 700].map((now, i) =>
    absorbed(state, buildRecords(state, { ...content, now }, 1e6), i + 1)[0]!.recordedAt
  );
  assertEquals(times, [500, 500, 700]);
});

Deno.test("what does not fit one record is several, of one nonce, and the last one moves the checkpoints", () => {
  const state = new LogState();
  const events = versioned("a", 9, 200_000);
  const records = buildRecords(state, { ...content, now: 5, events, processors: [move] }, 1e6);
  assert(records.length > 1);
  assert(records.every(({ payload }) => payload.length <= 1e6));
  const heads = absorbed(state, records, 1);
  assertEquals(heads.map(({ part }) => part), heads.map((_, i) => [i, heads.length]));
  assertEquals(
    heads.map(({ processors }) => processors.length),
    heads.map((_, i) => i < heads.length - 1 ? 0 : 1),
  );
  assertEquals(records.flatMap(({ record }) => record.events.map(({ version }) => version)), [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
  ]);
  assertEquals(state.counts, { "case.intake": 9 });
  assertEquals(heads.flatMap(({ kinds }) => kinds).length, 1);
});

Deno.test("more events than a sequence has positions for are several records", () => {
  const records = buildRecords(
    new LogState(),
    { ...content, now: 5, events: versioned("a", 5_000) },
    1e7,
  );
  assertEquals(records.map(({ record }) => record.events.length).reduce((a, b) => a + b), 5_000);
  assert(records.every(({ record }) => record.events.length <= 4_096));
});

Deno.test("records are cut smaller where a server takes less", () => {
  const records = buildRecords(new LogState(), {
    ...content,
    now: 5,
    events: versioned("a", 20, 5_000),
  }, 20_000);
  assert(records.length > 3);
  assert(records.every(({ payload }) => payload.length <= 20_000));
});

Deno.test("an event that the server can't take is refused", () => {
  const events = versioned("a", 1, 50_000);
  assertThrows(
    () => buildRecords(new LogState(), { ...content, now: 5, events }, 20_000),
    EventTooLarge,
  );
});
