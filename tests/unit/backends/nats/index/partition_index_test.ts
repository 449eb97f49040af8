/** Any history of records, levels, merges, crashes and losses gives what plain maps of the log say. @module */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BackendUnavailable } from "../../../../../backends/errors.ts";
import { IndexDamaged } from "../../../../../backends/nats/index/entry/event_span.ts";
import { IndexFenced, type PartitionIndex } from "../../../../../backends/nats/index/partition_index.ts";
import type { LogRecord, StoredRecord } from "../../../../../backends/nats/journal/record/record.ts";
import { CASES, IndexFixture, type Step, step, waitingOf } from "../../../../support/index/index_fixture.ts";
import { assertCase, assertIndex } from "../../../../support/index/index_model.ts";

async function playHistory(steps: readonly Step[], fingerprintBits: number): Promise<void> {
  const fixture = new IndexFixture(fingerprintBits);
  await fixture.takeOver();
  for (const step of steps) await fixture.run(step);
  await fixture.written();
  await assertIndex(fixture.index, fixture.log);
  fixture.store.failAfter = Infinity;
  await assertIndex(await fixture.open(false), fixture.log);
}

Deno.test("any history of records, levels, merges, crashes and losses gives what plain maps say", async () => {
  const history = fc.array(step, { maxLength: 80, size: "max" });
  // A fingerprint of one bit: nearly every event of a case has that of another.
  const property = fc.asyncProperty(history, fc.constantFrom(32, 1), playHistory);
  await fc.assert(property, { numRuns: 60 });
});

/** The record with another head, and its events elsewhere. */
function changed(
  { sequence, record }: StoredRecord<LogRecord>,
  head: Partial<LogRecord["head"]>,
  { version, caseId = CASES[1]! }: { version: number; caseId?: string },
): StoredRecord<LogRecord> {
  const events = record.events.map((event, i) => ({ ...event, caseId, version: version + i }));
  return { sequence, record: { ...record, head: { ...record.head, ...head }, events } };
}

/** An owner with cases in runs and in memory. */
async function filledIndex(): Promise<IndexFixture> {
  const fixture = new IndexFixture();
  await fixture.takeOver();
  for (let i = 0; i < 20; i++) {
    fixture.append([{ of: i % CASES.length, events: 2 }]);
    await fixture.index.maintain();
  }
  return fixture;
}

Deno.test("a manifest that the owner of before writes meanwhile is loaded, and the log with it", async () => {
  const fixture = await filledIndex();
  const before: PartitionIndex = fixture.index;
  const next = await fixture.open();
  fixture.append([{ of: 1, events: 1 }, { of: 2, events: 300 }]);
  await before.flush();
  fixture.append([{ of: 1, events: 1 }]);
  for await (const record of fixture.log.recordsBehind(next.state.last)) next.absorb(record);
  await next.claim(2);
  await assertIndex(next, fixture.log);
});

Deno.test("an owner of before is fenced by the manifest of the next one", async () => {
  const fixture = await filledIndex();
  const before = fixture.index;
  await fixture.takeOver();
  fixture.append([{ of: 1, events: 1 }]);
  await assertRejects(() => before.flush(), IndexFenced);
  await assertRejects(() => before.claim(1), IndexFenced);
  await fixture.index.flush();
  await assertIndex(fixture.index, fixture.log);
});

Deno.test("an index whose last record the log has lost is made anew", async () => {
  const fixture = await filledIndex();
  await fixture.index.flush();
  fixture.log.truncate(2);
  await fixture.takeOver();
  await assertIndex(fixture.index, fixture.log);
});

Deno.test("an index whose last sequence came again with another record is made anew", async () => {
  const fixture = await filledIndex();
  await fixture.index.flush();
  const last = fixture.log.records.at(-1)!;
  const other = changed(last, { nonce: "another" }, { caseId: "another case", version: 1 });
  assertThrows(() => fixture.index.absorb(other), IndexDamaged);
  fixture.log.truncate(1);
  fixture.log.append(other);
  await fixture.takeOver();
  await assertIndex(fixture.index, fixture.log);
});

Deno.test("what other hands wrote in the place of a manifest is not believed", async () => {
  for (const text of ["garbage", "{}", '{"format":2,"epoch":0}', '{"format":2,"snapshot":{}}']) {
    const fixture = await filledIndex();
    const { sequence } = (await fixture.store.readManifest())!;
    await fixture.store.replaceManifest(text, sequence);
    await fixture.takeOver();
    await assertIndex(fixture.index, fixture.log);
  }
});

Deno.test("a reader whose run was merged loads the manifest of the owner, and the log", async () => {
  const fixture = await filledIndex();
  const reader = await fixture.open(false);
  const before = await fixture.store.listRuns();
  for (let i = 0; i < 60; i++) {
    const record = fixture.append([{ of: i % CASES.length, events: 2 }]);
    reader.absorb(record);
    await fixture.index.maintain();
  }
  const after = await fixture.store.listRuns();
  assertEquals(before.filter((run) => after.includes(run)), [], "all runs of before are gone");
  await assertIndex(reader, fixture.log);
});

Deno.test("a block that is gone and named all the same is an error, and making the index anew mends it", async () => {
  const fixture = await filledIndex();
  await fixture.index.flush();
  const runs = await fixture.store.listRuns();
  await fixture.store.purgeRuns(runs);
  await assertRejects(async () => await fixture.index.find(CASES[0]!), IndexDamaged);
  await fixture.index.rebuild();
  await assertIndex(fixture.index, fixture.log);
});

Deno.test("a level that could not be written is written by the next try, with what came meanwhile behind it", async () => {
  const fixture = await filledIndex();
  await fixture.index.flush();
  await fixture.takeOver();
  fixture.append([{ of: 1, events: 1 }]);
  fixture.store.failAfter = 0;
  await assertRejects(() => fixture.index.flush(), BackendUnavailable);
  fixture.store.failAfter = Infinity;
  await assertCase(fixture.index, fixture.log, CASES[1]!);
  fixture.append([{ of: 1, events: 1 }]);
  await assertIndex(fixture.index, fixture.log);
  await fixture.index.flush();
  await fixture.index.flush();
  await assertIndex(await fixture.open(false), fixture.log);
});

Deno.test("a claim removes the runs that owners of before left behind", async () => {
  const fixture = await filledIndex();
  fixture.append([{ of: 1, events: 1 }]);
  fixture.store.failAfter = 1;
  await fixture.index.flush().catch(() => {});
  await fixture.takeOver();
  assertEquals((await fixture.store.listRuns()).length, fixture.index.runs.length);
  await assertIndex(fixture.index, fixture.log);
});

Deno.test("a version that is missing is noticed: in memory at once, behind a run when the case is read", async () => {
  const fixture = await filledIndex();
  const stored = fixture.append([{ of: 1, events: 1 }]);
  const gap = { ...changed(stored, {}, { version: 900 }), sequence: stored.sequence + 1 };
  assertThrows(() => fixture.index.absorb(gap), IndexDamaged);
  await fixture.takeOver();
  await fixture.index.flush();
  fixture.index.absorb(gap);
  await assertRejects(async () => await fixture.index.find(CASES[1]!), IndexDamaged);
});

Deno.test("once filters are loaded a new case costs no read, and a case in memory never does", async () => {
  const fixture = await filledIndex();
  const { index } = fixture;
  fixture.store.reads = 0;
  for (let i = 0; i < 300; i++) assertEquals(await index.find(`new-${i}`), undefined);
  assert(fixture.store.reads < 60, `${fixture.store.reads} reads of 300 cases in up to 3 runs`);
  await fixture.index.find(CASES[1]!);
  fixture.append([{ of: 1, events: 1 }]);
  fixture.store.reads = 0;
  await assertCase(fixture.index, fixture.log, CASES[1]!);
  assertEquals(fixture.store.reads, 0);
});

Deno.test("the trail of a case without events is kept", async () => {
  const fixture = await filledIndex();
  const act = { at: "", act: "discard", by: "", why: "", caseId: "inbox" };
  const sequences: number[] = [];
  for (let i = 0; i < 4; i++) {
    sequences.push(fixture.append([], { trail: [act] }).sequence);
    await fixture.index.flush();
  }
  assertEquals(await fixture.index.find("inbox"), undefined);
  assertEquals(await fixture.index.trailOf("inbox"), sequences);
  await fixture.index.merge();
  assertEquals(await (await fixture.open(false)).trailOf("inbox"), sequences);
});

Deno.test("cases that are asked for at once share the reads of their blocks", async () => {
  const fixture = await filledIndex();
  await fixture.index.flush();
  const reader = await fixture.open(false);
  await reader.loadFilters();
  fixture.store.reads = 0;
  await Promise.all([...CASES, ...CASES, ...CASES].map((caseId) => reader.find(caseId)));
  const blocks = fixture.store.reads;
  assert(blocks <= reader.runs.length * CASES.length, `${blocks} reads`);
});

Deno.test("a case of many thousands of events is in many small blocks, and is found whole", async () => {
  const fixture = new IndexFixture();
  await fixture.takeOver();
  for (let i = 0; i < 4; i++) {
    fixture.append([{ of: 0, events: 5_000 }, { of: 1, events: 1 }]);
    await fixture.index.flush();
  }
  await fixture.index.merge();
  assert(fixture.store.largest < 10_000, `${fixture.store.largest} bytes`);
  await assertIndex(await fixture.open(), fixture.log);
});

Deno.test("parked cases that are many are kept beside the manifest", async () => {
  const fixture = await filledIndex();
  const parked = Array.from({ length: 3_000 }, (_, i) => {
    return { processor: `processor-${i}`, caseId: CASES[1]!, waiting: waitingOf(1) };
  });
  fixture.append([{ of: 1, events: 1 }], { parked });
  await fixture.index.flush();
  const { text } = (await fixture.store.readManifest())!;
  assert(text.length < 20_000, `${text.length} bytes`);
  await assertIndex(await fixture.open(), fixture.log);
  fixture.append([{ of: 1, events: 1 }], { parked: parked.map((each) => ({ ...each, waiting: [] })) });
  await fixture.index.flush();
  assertEquals((await fixture.store.listRuns()).length, fixture.index.runs.length);
});
