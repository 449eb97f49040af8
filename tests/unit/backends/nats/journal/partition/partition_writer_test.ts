/** Appends by the owner of a partition and by nodes without it: versions, duplicates, conflicts, and who may answer. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { HeadIndex } from "../../../../../../backends/nats/journal/partition/head_index.ts";
import { MemoryHeads } from "../../../../../support/nats_log/memory_heads.ts";
import { markContribution } from "../../../../../../backends/nats/journal/mailbox/settle_contribution.ts";
import { OwnershipLost } from "../../../../../../backends/nats/journal/partition/record_writer.ts";
import { recordSequenceOf } from "../../../../../../backends/nats/journal/record/record.ts";
import { EventTooLarge } from "../../../../../../backends/nats/connection/errors.ts";
import { pendingEventOf } from "../../../../../../backends/nats/stream/message.ts";
import { BackendUnavailable, EventIdConflict, VersionConflict } from "../../../../../../backends/errors.ts";
import { anEvent } from "../../../../../support/events.ts";
import { answerLost, MemoryLog, overtaken, requestLost } from "../../../../../support/nats_log/memory_log.ts";
import { anOwner, eventsIn, MemoryNode } from "../../../../../support/nats_log/memory_node.ts";
import { pendingEvent } from "../../../../../support/nats_log/records.ts";

Deno.test("appends that wait for each other share a record, and each is answered with its own place", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  const answers = await Promise.all([1, 2, 3, 4].map((n) => owner.append("c", [n])));
  assertEquals(answers.map(({ version }) => version), [1, 2, 3, 4]);
  assertEquals(answers.map(({ stored, duplicates }) => [stored, duplicates]), Array(4).fill([1, 0]));
  assert(answers.every(({ position }, i) => i === 0 || position > answers[i - 1]!.position));
  assertEquals(log.messages.length, 2);
  assertEquals(new Set(answers.map(({ position }) => recordSequenceOf(position))).size, 1);
});

Deno.test("events that are stored are duplicates, with the place they have, in whichever record they are", async () => {
  const owner = await anOwner();
  const first = await owner.append("c", [1, 2]);
  await owner.append("c", [3]);
  const again = await owner.append("c", [3, 2]);
  assertEquals(again, { stored: 0, duplicates: 2, position: first.position, version: 2 });
  const mixed = await owner.append("c", [1, 4]);
  assertEquals([mixed.stored, mixed.duplicates, mixed.version], [1, 1, 4]);
});

Deno.test("an append that comes again reads each record once, however many cases are in it", async () => {
  const owner = await anOwner();
  const events = Array.from({ length: 300 }, (_, i) => pendingEvent(`case-${i % 100}`, i));
  const first = await owner.writer.append({ events, expected: "any" });
  let reads = 0;
  const readRecord = owner.client.readRecord.bind(owner.client);
  owner.client.readRecord = (...args) => (reads++, readRecord(...args));
  const again = await owner.writer.append({ events, expected: "any" });
  assertEquals([again, reads], [{ ...first, stored: 0, duplicates: 300 }, 1]);
});

Deno.test("an event that is appended twice at once is stored once", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  const answers = await Promise.all([1, 2, 3].map(() => owner.append("c", [1, 1])));
  assertEquals(answers.map(({ stored }) => stored), [1, 0, 0]);
  assertEquals(eventsIn(log), ["c 1"]);
});

Deno.test("an id with other content is refused with all that was appended with it, and with nothing else", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  await owner.append("c", [1]);
  const event = anEvent("c", 1);
  const other = pendingEventOf({ ...event, data: { ...event.data, debt_amount: 1 } }, 1);
  const answers = await Promise.allSettled([
    owner.append("c", [2]),
    owner.writer.append({ events: [pendingEvent("c", 9), other], expected: "any" }),
    owner.writer.append({
      events: [pendingEvent("d", 1), { ...pendingEvent("d", 2), eventId: pendingEvent("d", 1).eventId }],
      expected: "any",
    }),
    owner.append("c", [3]),
  ]);
  const errors = answers.map((each) => each.status === "rejected" ? each.reason.constructor : "stored");
  assertEquals(errors, ["stored", EventIdConflict, EventIdConflict, "stored"]);
  assertEquals(eventsIn(log), ["c 1", "c 2", "c 3"]);
});

Deno.test("a producer that sends another time or trace with the same fact is told that it is stored", async () => {
  const owner = await anOwner();
  await owner.append("c", [1]);
  const event = {
    ...anEvent("c", 1),
    timestamp: "2026-05-01T00:00:00Z",
    metadata: { schema_version: 1, trace: "t" },
  };
  const { duplicates } = await owner.writer.append({ events: [pendingEventOf(event, 1)], expected: "any" });
  assertEquals(duplicates, 1);
});

Deno.test("an expected version is that of the case with everything that is stored before", async () => {
  const owner = await anOwner();
  const answers = await Promise.allSettled([
    owner.append("c", [1], "none"),
    owner.append("c", [2], { exact: 1 }),
    owner.append("c", [3], { exact: 1 }),
    owner.append("c", [4], "none"),
    owner.append("c", [2], { exact: 1 }),
  ]);
  const outcomes = answers.map((each) =>
    each.status === "rejected" ? (each.reason as VersionConflict).actual : "stored"
  );
  assertEquals(outcomes, ["stored", "stored", 2, 2, "stored"]);
});

Deno.test("a check finds what would be refused, and stores nothing", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  const check = (n: number, expected: "any" | "none") =>
    owner.writer.append({ events: [pendingEvent("c", n)], expected, checkOnly: true });
  await check(1, "none");
  assertEquals(eventsIn(log), []);
  await owner.append("c", [1]);
  await assertRejects(() => check(2, "none"), VersionConflict);
  assertEquals(eventsIn(log), ["c 1"]);
});

Deno.test("an index that takes every id for known costs reads, and loses nothing", async () => {
  const heads = new MemoryHeads();
  const doubting: HeadIndex = {
    find: (caseId) => {
      const head = heads.find(caseId);
      if (head === undefined) return undefined;
      const { version, sequences, openedAt } = head;
      const versionsLike = () => Array.from({ length: version }, (_, i) => i + 1);
      const sequenceOf = (wanted: number) => head.sequenceOf(wanted);
      return Promise.resolve({ version, sequences, openedAt, versionsLike, sequenceOf });
    },
    trailOf: (caseId) => heads.trailOf(caseId),
    absorb: (stored) => heads.absorb(stored),
  };
  const log = new MemoryLog();
  const owner = await anOwner(log, doubting);
  for (const n of [1, 2, 3]) assertEquals((await owner.append("c", [n])).stored, 1);
  assertEquals((await owner.append("c", [2])).duplicates, 1);
  assertEquals(eventsIn(log), ["c 1", "c 2", "c 3"]);
});

Deno.test("an owner that died between commit and answer has stored it: the next one answers with the same place", async () => {
  const log = new MemoryLog();
  const [old, next] = [await anOwner(log), new MemoryNode(log, "next")];
  old.client.faults.push(answerLost(() => old.closing.abort()));
  await assertRejects(() => old.append("c", [1]), BackendUnavailable);
  assertEquals(await next.writer.takeOver(), { epoch: 2, hosted: [] });
  const again = await next.append("c", [1]);
  assertEquals([again.duplicates, again.version], [1, 1]);
});

Deno.test("an owner that is none any more answers nothing, neither a success nor a conflict", async () => {
  const log = new MemoryLog();
  const [old, next] = [await anOwner(log), new MemoryNode(log, "next")];
  await old.append("c", [1]);
  await next.writer.takeOver();
  await next.append("c", [2]);
  assert(old.writer.isOwner);
  await assertRejects(() => old.append("c", [3], { exact: 2 }), OwnershipLost);
  assertEquals(old.writer.isOwner, false);
  await assertRejects(() => old.append("c", [1]), OwnershipLost);
  assertEquals((await next.append("c", [3], { exact: 2 })).version, 3);
});

Deno.test("an owner that knows the partition up to a record reads only what is behind it", async () => {
  const log = new MemoryLog();
  const heads = new MemoryHeads();
  const old = await anOwner(log, heads);
  await old.append("c", [1]);
  const { last } = old.writer.state;
  const state = { checkpoint: 7, epoch: 1, inFlight: undefined, settledAt: 5, owner: "n", takes: [] };
  const known = { ...old.writer.state.snapshot(), processors: [["p", state]] as const };
  const next = new MemoryNode(log, "next", heads, known);
  const read: number[] = [];
  const { client } = next;
  const readBehind = client.readBehind.bind(client);
  client.readBehind = (sequence) => (read.push(sequence), readBehind(sequence));
  await old.append("c", [2]);
  assertEquals(await next.writer.takeOver(), { epoch: 2, hosted: [] });
  assertEquals([read, next.writer.state.processor("p")], [[last], state]);
  assertEquals((await next.append("c", [3])).version, 3);
  assertEquals(next.writer.state.counts, { "case.intake": 3 });
  const { record } = log.records().at(-1)!;
  assertEquals(record.kind === "record" && record.head.kinds, []);
});

Deno.test("who takes a partition is told of each processor whether its owner died, and what it had begun", async () => {
  const log = new MemoryLog();
  const processors = ["p", "q"].map((name) => ({ name, takes: ["case.intake"] }));
  const [old, next, last] = ["old", "next", "last"].map((name) => new MemoryNode(log, name).writer);
  const nothing = processors.map(({ name: processor }) => ({ processor, crashedOwner: undefined }));
  assertEquals((await old!.takeOver(processors)).hosted, nothing);
  const mark = { first: 1, last: 2, exclusive: false };
  await old!.submit(markContribution({ processor: "p", epoch: old!.epoch! }, mark));
  const [p, q] = (await next!.takeOver(processors)).hosted;
  assertEquals([p!.crashedOwner, q!.crashedOwner], [{ inFlight: mark }, {}]);
  await next!.release();
  assertEquals((await last!.takeOver(processors)).hosted, nothing);
});

Deno.test("an event that is too large is refused alone", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  owner.client.maxPayload = 30_000;
  const answers = await Promise.allSettled([
    owner.append("c", [1]),
    owner.append("c", [2]),
    owner.writer.append({ events: [pendingEvent("c", 3, 50_000)], expected: "any" }),
    owner.append("c", [4]),
    owner.append("c", [5]),
  ]);
  const errors = answers.map((each) => each.status === "rejected" ? each.reason.constructor : "stored");
  assertEquals(errors, ["stored", "stored", EventTooLarge, "stored", "stored"]);
  assertEquals(eventsIn(log).length, 4);
});

Deno.test("an append that fits no record is several, all or none, and its answer is the place of its last event", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  const events = Array.from({ length: 5_000 }, (_, i) => pendingEvent(`c${i % 7}`, i));
  const { stored, version, position } = await owner.writer.append({ events, expected: "any" });
  assertEquals([stored, version, recordSequenceOf(position)], [5_000, 715, log.last]);
  const again = await owner.writer.append({ events, expected: "any" });
  assertEquals(again, { stored: 0, duplicates: 5_000, version, position });
});

Deno.test("a node compares and sets where there is no owner, and an owner that was overtaken so takes it in", async () => {
  const log = new MemoryLog();
  const [owner, other] = [await anOwner(log), new MemoryNode(log, "other")];
  owner.client.faults.push(overtaken(() => other.append("c", [1])));
  assertEquals((await owner.append("c", [2])).version, 2);
  assertEquals((await other.append("c", [3])).version, 3);
  assertEquals((await owner.append("c", [1])).duplicates, 1);
  const kinds = log.records().map(({ record }) =>
    record.kind === "record" && `${record.head.kind} ${record.head.epoch}`
  );
  assertEquals(kinds, ["take 1", "direct 1", "own 1", "direct 1"]);
});

/** A step of a random history: who appends which event, and what becomes of its write. */
const step = fc.record({
  node: fc.nat({ max: 2 }),
  caseId: fc.constantFrom("a", "b"),
  n: fc.nat({ max: 12 }),
  fault: fc.constantFrom("none", "none", "answer lost", "request lost", "taken over"),
  waits: fc.boolean(),
});

Deno.test("whatever becomes of writes and owners, what was acknowledged is stored once, at the version that was told", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const log = new MemoryLog();
      const nodes = ["a", "b", "c"].map((name) => new MemoryNode(log, name));
      const acknowledged = new Map<string, number>();
      const running: Promise<unknown>[] = [];
      for (const { node, caseId, n, fault, waits } of steps) {
        const { client, writer } = nodes[node]!;
        if (fault === "answer lost") client.faults.push(answerLost());
        if (fault === "request lost") client.faults.push(requestLost());
        if (fault === "taken over") await untilAnswered(() => writer.takeOver()).catch(refusedOnly);
        const appended = untilAnswered(() => nodes[node]!.append(caseId, [n])).then(({ version }) => {
          const key = `${caseId} ${pendingEvent(caseId, n).eventId}`;
          assertEquals(acknowledged.get(key) ?? version, version);
          acknowledged.set(key, version);
        }).catch(refusedOnly);
        running.push(appended);
        if (waits) await appended;
      }
      await Promise.all(running);
      const stored = new Map<string, number>();
      const versions = new Map<string, number>();
      for (const { record } of log.records()) {
        if (record.kind === "malformed") continue;
        for (const { caseId, eventId, version } of record.events) {
          assert(!stored.has(`${caseId} ${eventId}`));
          stored.set(`${caseId} ${eventId}`, version);
          assertEquals(version, (versions.get(caseId) ?? 0) + 1);
          versions.set(caseId, version);
        }
      }
      for (const [key, version] of acknowledged) assertEquals(stored.get(key), version);
      const epochs = log.records().map(({ record }) => record.kind === "record" ? record.head.epoch : 0);
      assertEquals(epochs, epochs.toSorted((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

/** Who is told that the store is away asks again. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
    }
  }
}

function refusedOnly(error: unknown): void {
  if (!(error instanceof OwnershipLost)) throw error;
}
