/** Owners and readers by their index: each knows what the log says, whatever became of manifests, runs and the log's end. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { openIndexed } from "../../../../../../backends/nats/journal/indexed/indexed_partition.ts";
import { LogState } from "../../../../../../backends/nats/journal/partition/log_state.ts";
import type { RecordChanges } from "../../../../../../backends/nats/journal/record/record.ts";
import { type IndexedNode, IndexedStore } from "../../../../../support/nats_log/indexed_node.ts";
import { waitingOf } from "../../../../../support/index/index_fixture.ts";
import { MemoryLogClient } from "../../../../../support/nats_log/memory_log.ts";

const CASES = Array.from({ length: 9 }, (_, i) => `case-${i}`);

/** A store with several levels of runs, and its owner. */
async function filledStore(bits = 32): Promise<{ store: IndexedStore; owner: IndexedNode }> {
  const store = new IndexedStore(bits);
  const owner = await store.owner();
  for (let n = 1; n <= 6; n++) for (const caseId of CASES) await owner.append(caseId, [n]);
  return { store, owner };
}

/** The node knows of every case, and of the partition, what the log says. */
async function knows(store: IndexedStore, node: IndexedNode): Promise<void> {
  const { writer } = node;
  await writer.readOn();
  const events = store.log.records().flatMap(({ record }) => record.kind === "record" ? record.events : []);
  for (const caseId of CASES) {
    const versions = events.filter((event) => event.caseId === caseId).map(({ version }) => version);
    assertEquals(await node.versionsOf(caseId), versions, caseId);
  }
  const state = new LogState();
  for (const each of store.log.records()) state.absorb(each);
  assertEquals(writer.state.snapshot(), state.snapshot());
}

/** The manifest, once the owner has written all that is due. */
async function settled(node: IndexedNode): Promise<void> {
  await node.opened.close();
}

Deno.test("a partition is opened by its manifest, and only what is behind it is read", async () => {
  const { store, owner } = await filledStore();
  await settled(owner);
  const next = await store.open("next", true);
  assert(next.opened.known!.last > 0, "the manifest says where it ends");
  const reads: number[] = [];
  const { client } = next;
  const readBehind = client.readBehind.bind(client);
  client.readBehind = (sequence) => (reads.push(sequence), readBehind(sequence));
  await next.writer.takeOver();
  assertEquals(reads, [], "nothing was written behind what was opened");
  await knows(store, next);
  assertEquals((await next.append("case-1", [6, 7])).duplicates, 1);
});

Deno.test("levels are written beside the records, and a store of the index that is away delays none of them", async () => {
  const { store, owner } = await filledStore();
  store.index.failAfter = 0;
  for (let n = 7; n <= 9; n++) for (const caseId of CASES) await owner.append(caseId, [n]);
  await knows(store, owner);
  store.index.failAfter = Infinity;
  await settled(owner);
  const next = await store.owner("next");
  await knows(store, next);
});

Deno.test("a manifest that the owner of before writes while the next one loads is loaded with the log behind it", async () => {
  const { store, owner } = await filledStore();
  const next = await store.open("next", true);
  for (const caseId of CASES) await owner.append(caseId, [7, 8]);
  await settled(owner);
  await next.writer.takeOver();
  await next.append("case-0", [9]);
  await settled(next);
  await knows(store, await store.owner("third"));
});

Deno.test("an index that is ahead of the log is made anew: its end is gone, or came again with another record", async () => {
  for (const comesAgain of [false, true]) {
    const { store, owner } = await filledStore();
    await settled(owner);
    const [lost] = store.log.messages.splice(-20, 20);
    if (comesAgain) {
      const other = await store.owner("other");
      while (store.log.last < lost!.sequence + 40) await other.append("case-8", [store.log.last + 100]);
      store.index.restore(store.index.copy());
    }
    const next = await store.owner("next");
    await knows(store, next);
    await settled(next);
    await knows(store, await store.owner("third"));
  }
});

Deno.test("a block that is gone is made anew, by an owner and by a reader", async () => {
  const { store, owner } = await filledStore();
  await settled(owner);
  const [reader, next] = [await store.open("reader"), await store.owner("next")];
  await store.index.purgeRuns(await store.index.listRuns());
  await knows(store, reader);
  await knows(store, next);
  await settled(next);
  await knows(store, await store.owner("third"));
});

Deno.test("a reader whose runs were merged away goes on with the owner's manifest", async () => {
  const { store, owner } = await filledStore();
  const reader = await store.open("reader");
  for (let n = 7; n <= 20; n++) for (const caseId of CASES) await owner.append(caseId, [n]);
  await knows(store, reader);
});

Deno.test("with fingerprints of one bit nothing is stored twice, and nothing is taken for stored", async () => {
  const { store, owner } = await filledStore(1);
  await settled(owner);
  const next = await store.owner("next");
  for (const caseId of CASES) {
    const { stored, duplicates } = await next.append(caseId, [3, 7, 5, 8]);
    assertEquals([stored, duplicates], [2, 2]);
  }
  await knows(store, next);
});

Deno.test("timers are due by their time with what they were set with, also behind a takeover", async () => {
  const { store, owner } = await filledStore();
  const set = (n: number): RecordChanges["timers"][number] => ({
    ...{ kind: "set", processor: "p", caseId: CASES[n % 9]!, name: `t${n}` },
    ...{ at: new Date(2_000 + n).toISOString(), row: `row ${n}` },
  });
  for (let n = 0; n < 30; n += 3) await owner.change({ timers: [set(n), set(n + 1), set(n + 2)] });
  await owner.change({ timers: [{ kind: "cancel", processor: "p", caseId: CASES[0]!, name: "t0" }] });
  await settled(owner);
  const next = await store.owner("next");
  const { timers } = next.writer;
  assertEquals(await timers.count(100), { count: 29, firstAt: 2_001 });
  assertEquals(await timers.count(5), { count: 5, firstAt: 2_001 });
  assertEquals(timers.nextDueAt, 2_001);
  const due = await timers.due(2_003, 10);
  assertEquals(due.map(({ row, dueAt, caseId }) => [row, dueAt, caseId]), [
    ["row 1", 2_001, "case-1"],
    ["row 2", 2_002, "case-2"],
    ["row 3", 2_003, "case-3"],
  ]);
});

Deno.test("what is parked is known whole behind a takeover, also where it is much", async () => {
  const { store, owner } = await filledStore();
  for (const caseId of CASES) {
    const failures = [{ class: "Boom", message: "x".repeat(20_000), at: "" }];
    const waiting = waitingOf(2).map((delivery) => ({ ...delivery, failures }));
    await owner.change({ parked: [{ processor: "p", caseId, waiting }] });
  }
  for (let n = 7; n <= 9; n++) for (const caseId of CASES) await owner.append(caseId, [n]);
  await settled(owner);
  const { text } = (await store.index.readManifest())!;
  assert(text.length < 20_000, `${text.length} bytes`);
  await knows(store, await store.owner("next"));
});

Deno.test("a replica that lacks the last record of the index is asked again, and the index is kept", async () => {
  const { store, owner } = await filledStore();
  await settled(owner);
  const client = new MemoryLogClient(store.log);
  let missing = 3;
  const readRecord = client.readRecord.bind(client);
  client.readRecord = (...args) => missing-- > 0 ? Promise.resolve(undefined) : readRecord(...args);
  const whole: number[] = [];
  const readBehind = client.readBehind.bind(client);
  client.readBehind = (sequence) => (whole.push(sequence), readBehind(sequence));
  await openIndexed({ log: client, store: store.index, hasher: store.hasher, writes: false });
  assert(whole.every((sequence) => sequence > 0), "the log is not read from its begin");
});

Deno.test("whatever owners, readers and the index's store go through, each knows what the log says", async () => {
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.record({ of: fc.nat(8), n: fc.nat(40) }) },
    fc.constant("take over" as const),
    fc.constant("fail" as const),
    fc.constant("read" as const),
  );
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const store = new IndexedStore();
    let owner = await store.owner();
    const reader = await store.open("reader");
    for (const step of steps) {
      if (step === "take over") {
        store.index.failAfter = Infinity;
        owner = await store.owner();
      } else if (step === "fail") Object.assign(store.index, { failAfter: 2, losesAnswer: true });
      else if (step === "read") await knows(store, reader);
      else await owner.append(CASES[step.of]!, [step.n]);
    }
    store.index.failAfter = Infinity;
    await knows(store, owner);
    await settled(owner);
    await knows(store, await store.owner());
    for (const caseId of CASES) {
      const ids = (await owner.writer.caseEvents(caseId)).map(({ event }) => event.eventId);
      assertEquals(ids.length, new Set(ids).size, "no id is stored twice");
    }
    await store.close();
  });
  await fc.assert(property, { numRuns: 30 });
});
