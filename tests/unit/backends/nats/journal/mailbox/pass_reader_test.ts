/** What comes next for several processors of a partition, and how much is read for it. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { nextPass, type PassMember } from "../../../../../../backends/nats/journal/mailbox/pass_reader.ts";
import {
  eventPosition,
  NO_CHANGES,
  type StoredRecord,
} from "../../../../../../backends/nats/journal/record/record.ts";
import { decodeLines, parseLine } from "../../../../../../schema/delivery_line.ts";
import { aHead } from "../../../../../support/nats_log/records.ts";

const rest = new TextEncoder().encode(
  '\t01a20000-0000-7000-8000-000000000000\tcase.intake\ta\t1764547200000\t{"case_id":"a"}\t{"schema_version":1}',
);

/** A record with an event of each of these types. */
const recordOf = (sequence: number, types: readonly string[]): StoredRecord => ({
  sequence,
  record: {
    kind: "record",
    head: aHead(),
    changes: NO_CHANGES,
    events: types.map((type, index) => ({ index, version: 1, eventId: "1", type, caseId: "a", rest })),
  },
});

/** A log whose reads are counted. */
function logOf(records: readonly StoredRecord[]) {
  const log = {
    read: 0,
    async *behind(sequence: number): AsyncGenerator<StoredRecord> {
      for (const each of await Promise.resolve(records)) {
        if (each.sequence > sequence) yield (log.read++, each);
      }
    },
  };
  return log;
}

const member = (processor: string, types: readonly string[], after = 0): PassMember => ({
  processor,
  types: new Set(types),
  from: 0,
  after,
});

const positionsOf = (lines: Uint8Array) => decodeLines(lines).map((line) => parseLine(line).position);
const isHeld = () => false;
const ROOM = 10_000_000;

Deno.test("what waits for one member is not read again for those that know that nothing in it is theirs", async () => {
  const records = Array.from(
    { length: 500 },
    (_, i) => recordOf((i + 1) * 20, Array(10).fill("case.intake")),
  );
  const end = eventPosition(500 * 20, 9);
  const log = logOf(records);
  const members = [member("p", ["case.intake"]), member("q", ["case.decision"], end)];
  const { fetched, scannedTo } = await nextPass(
    log.behind,
    members,
    { batchSize: 25, batchBytes: ROOM },
    isHeld,
  );
  assertEquals(fetched.count, 25);
  assertEquals(fetched.parts.map(({ to, isCaughtUp }) => [to, isCaughtUp]), [[eventPosition(60, 4), false], [
    0,
    true,
  ]]);
  assertEquals(scannedTo, end);
  // Three for the lines, one by which the first member turns out to have enough, and the one in which the place is.
  assert(log.read <= 5, `${log.read} records were read`);
});

const types = ["case.intake", "case.analysis", "case.decision"];
const arbitraryLog = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 60 }), fc.array(fc.constantFrom(...types), { maxLength: 4 })),
  { maxLength: 30 },
).map((drafts) => {
  let sequence = 0;
  return drafts.map(([gap, its]) => recordOf(sequence += gap, its));
});
const eventsOf = (records: readonly StoredRecord[]) =>
  records.flatMap(({ sequence, record }) =>
    record.kind === "record"
      ? record.events.map(({ index, type }) => ({ position: eventPosition(sequence, index), type }))
      : []
  );

Deno.test("a pass has the first events of each member behind its place, wherever the places are", async () => {
  const places = fc.array(fc.nat({ max: 130 }), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(arbitraryLog, places, fc.integer({ min: 1, max: 8 }), async (records, at, most) => {
      const all = eventsOf(records);
      // A place is one of an event, or the beginning: nothing of the member's types is before it.
      const members = types.map((type, i) => member(type, [type], all[at[i]! - 1]?.position ?? 0));
      const { fetched } = await nextPass(logOf(records).behind, members, {
        batchSize: most,
        batchBytes: ROOM,
      }, isHeld);
      const theirs = members.map(({ after, types }) =>
        all.filter(({ position, type }) => position > after && types.has(type)).map(({ position }) =>
          position
        )
      );
      assertEquals(
        positionsOf(fetched.lines),
        theirs.flatMap((its) => its.slice(0, most)).sort((a, b) => a - b),
      );
      const expected = theirs.map((its) => [its.slice(0, most).at(-1) ?? 0, its.length <= most]);
      assertEquals(fetched.parts.map(({ to, isCaughtUp }) => [to, isCaughtUp]), expected);
    }),
  );
});
