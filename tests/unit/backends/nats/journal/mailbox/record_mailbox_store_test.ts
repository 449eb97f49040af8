/** Mailboxes over records: what is fetched, what a settlement leaves behind, and who may settle. @module */
import { assert, assertEquals } from "@std/assert";
import { linesOf } from "../../../../../../backends/mailbox/batch.ts";
import type { Batch } from "../../../../../../backends/mailbox/batch.ts";
import type { FailedDelivery, Settlement } from "../../../../../../backends/mailbox/mailbox.ts";
import type { MailboxSubscriber } from "../../../../../../backends/mailbox/mailbox_store.ts";
import { encodeLines, outputLine, parseLine, storeRow } from "../../../../../../schema/delivery_line.ts";
import { anEvent } from "../../../../../support/events.ts";
import { LIMITS, MailboxNode } from "../../../../../support/nats_log/mailbox_node.ts";
import { answerLost, MemoryLog } from "../../../../../support/nats_log/memory_log.ts";

const NOTHING: Settlement = { outputs: new Uint8Array(), outputTypes: {}, failures: [], timers: [] };
const error = { class: "Boom", message: "boom", at: "2026-01-01T00:00:00.000Z" };

/** The deliveries of a batch as case and version, with the attempt, and a star for one that is held. */
function contentOf(batch: Batch | undefined): string[] {
  return batch === undefined ? [] : linesOf(batch).map((line) => {
    const { event, version, attempt, held } = parseLine(line);
    return `${event.correlation_id} ${version} #${attempt}${held ? "*" : ""}`;
  });
}

/** An output of a case as a worker writes it. */
function outputOf(caseId: string, n: number): Settlement {
  const row = storeRow(anEvent(caseId, n, "case.decision"), 0);
  return { ...NOTHING, outputs: encodeLines([outputLine(row, 2)]), outputTypes: { "case.decision": 1 } };
}

function failureOf(batch: Batch, index: number, outcome: FailedDelivery["outcome"]): FailedDelivery {
  const { position, attempt, event } = parseLine(linesOf(batch)[index]!);
  return { position, attempt, eventId: event.event_id, caseId: event.correlation_id, outcome };
}

Deno.test("a mailbox fetches the events of its types in order, within its limits, and goes on behind what it settled", async () => {
  const node = await MailboxNode.owning();
  for (const n of [1, 2, 3]) {
    await node.append("a", n);
    await node.append("b", n, "case.decision");
  }
  const first = await node.fetch({ ...LIMITS, batchSize: 2 });
  assertEquals([contentOf(first.batch), first.hasMore], [["a 1 #1", "a 2 #1"], true]);
  assertEquals(await node.store.commit(node.owner(), first.batch!, NOTHING), "settled");
  const rest = await node.fetch();
  assertEquals([contentOf(rest.batch), rest.hasMore], [["a 3 #1"], false]);
  assertEquals(rest.batch!.from, first.batch!.to);
  assertEquals(await node.store.commit(node.owner(), rest.batch!, NOTHING), "settled");
  assertEquals((await node.fetch()).batch, undefined);
  assertEquals(contentOf(await node.batch(LIMITS, node.owner("q", ["case.decision"]))), [
    "b 1 #1",
    "b 2 #1",
    "b 3 #1",
  ]);
});

Deno.test("a mailbox that found nothing of its types finds what comes later", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1, "case.decision");
  assertEquals((await node.fetch()).batch, undefined);
  assertEquals((await node.fetch()).batch, undefined);
  await node.append("a", 2);
  assertEquals(contentOf(await node.batch()), ["a 2 #1"]);
});

Deno.test("a settlement is one record: its outputs, and the checkpoint behind what they are made of", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  const before = node.log.messages.length;
  const batch = await node.batch();
  assertEquals(await node.store.commit(node.owner(), batch, outputOf("a", 9)), "settled");
  assertEquals(node.log.messages.length, before + 1);
  const { record } = node.log.records().at(-1)!;
  assert(record.kind === "record");
  if (record.kind === "malformed") return;
  assertEquals([record.head.kind, record.events.map(({ version }) => version)], ["settle", [2]]);
  assertEquals(record.head.processors, [{ name: "p", from: 0, to: batch.to, epoch: 1_000_000 }]);
  assertEquals(await node.store.commit(node.owner(), batch, outputOf("a", 9)), "already");
  assertEquals(node.log.messages.length, before + 1);
});

Deno.test("outputs that an earlier try has stored are not stored again", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  const batch = await node.batch();
  node.client.faults.push(answerLost());
  assertEquals(await node.store.commit(node.owner(), batch, outputOf("a", 9)), "settled");
  await node.append("a", 2);
  assertEquals(await node.store.commit(node.owner(), await node.batch(), outputOf("a", 9)), "settled");
  const decisions = (await node.writer.caseEvents("a")).filter(({ event }) => event.type === "case.decision");
  assertEquals(decisions.length, 1);
});

Deno.test("a delivery that failed is parked with its case, comes again when it is due, and then what it held up", async () => {
  const node = await MailboxNode.owning();
  await node.append("a", 1);
  await node.append("a", 2);
  const batch = await node.batch();
  const failures = [
    failureOf(batch, 0, { kind: "retry", error, afterMs: 50 }),
    { ...failureOf(batch, 1, { kind: "held" }), attempt: 0 },
  ];
  assertEquals(await node.store.commit(node.owner(), batch, { ...NOTHING, failures }), "settled");
  await node.append("a", 3);
  const waiting = await node.fetch();
  assertEquals([contentOf(waiting.batch), waiting.nextDueMs], [["a 3 #1*"], 50]);
  node.now += 50;
  const again = await node.batch();
  assertEquals([again.kind, contentOf(again)], ["redelivery", ["a 1 #2", "a 2 #1"]]);
  assertEquals(await node.store.commit(node.owner(), again, NOTHING), "settled");
  assertEquals(contentOf(await node.batch()), ["a 3 #1"]);
  const trail = node.log.records().flatMap(({ record }) =>
    record.kind === "record" ? record.changes.trail : []
  );
  assertEquals(trail.map(({ act }) => act), ["park"]);
});

Deno.test("failures that fit no record are several, each with its own checkpoint", async () => {
  const node = await MailboxNode.owning();
  for (let n = 0; n < 20; n++) await node.append(`c${n}`, n);
  const batch = await node.batch();
  const long = { ...error, stack: "x".repeat(30_000) };
  const failures = linesOf(batch).map((_, i) => failureOf(batch, i, { kind: "deadLetter", error: long }));
  const before = node.log.messages.length;
  const settlement = { ...outputOf("c0", 99), failures };
  assertEquals(await node.store.commit(node.owner(), batch, settlement), "settled");
  const moves = node.log.records().slice(before).flatMap(({ record }) =>
    record.kind === "record" ? record.head.processors.map(({ to }) => to) : []
  );
  assert(moves.length > 2);
  assertEquals([moves, moves.at(-1)], [moves.toSorted((a, b) => a - b), batch.to]);
  assertEquals(node.writer.state.parkedOf("p").size, 20);
  assertEquals(await node.store.commit(node.owner(), batch, settlement), "already");
});

Deno.test("another owner goes on where the last one has settled, with what is parked and what was in flight", async () => {
  const log = new MemoryLog();
  const old = await MailboxNode.owning(log);
  for (const n of [1, 2]) await old.append("a", n);
  const batch = await old.batch({ ...LIMITS, batchSize: 1 });
  const failures = [failureOf(batch, 0, { kind: "deadLetter", error })];
  await old.store.commit(old.owner(), batch, { ...NOTHING, failures });
  const mark = { first: 1, last: 2, exclusive: false };
  assertEquals(await old.store.markInFlight(old.owner(), mark), "marked");
  const next = await MailboxNode.owning(log);
  assertEquals(next.writer.state.processor("p").inFlight, mark);
  assertEquals(contentOf(await next.batch()), ["a 2 #1*"]);
  assertEquals(next.writer.state.parkedOf("p").get("a")!.map(({ state }) => state), ["dead"]);
});

Deno.test("who lost the partition can't settle, mark or fetch, whether it knows or not", async () => {
  const log = new MemoryLog();
  const old = await MailboxNode.owning(log);
  await old.append("a", 1);
  const [owner, batch] = [old.owner(), await old.batch()];
  const next = await MailboxNode.owning(log);
  assertEquals(await old.store.commit(owner, batch, outputOf("a", 9)), "fenced");
  assertEquals(await old.store.markInFlight(owner, { first: 1, last: 1, exclusive: true }), "fenced");
  assertEquals(await old.store.fetch(owner, LIMITS), { kind: "fenced" });
  assertEquals(await next.store.commit({ ...next.owner(), epoch: 1 }, batch, NOTHING), "fenced");
  assertEquals(contentOf(await next.batch()), ["a 1 #1"]);
});

Deno.test("histories are the events of the types that are asked for, between two versions", async () => {
  const node = await MailboxNode.owning();
  for (const n of [1, 2, 3, 4]) await node.append("a", n, n === 3 ? "case.decision" : "case.intake");
  const text = await node.store.histories([
    { caseId: "a", after: 1, before: 5 },
    { caseId: "unknown", after: 0, before: 9 },
  ], ["case.intake"]);
  assertEquals(text.split("\n").map((line) => parseLine(line).version), [2, 4]);
  assertEquals(await node.store.histories([], ["case.intake"]), "");
});

Deno.test("a mailbox is notified of records that hold something for it", async () => {
  const node = await MailboxNode.owning();
  let notified = 0;
  const subscriber = { ...node.owner(), notify: () => void notified++ } as unknown as MailboxSubscriber;
  node.store.subscribe(subscriber);
  await node.append("a", 1, "case.decision");
  assertEquals(notified, 0);
  await node.append("a", 2);
  assertEquals(notified, 1);
  node.store.unsubscribe(subscriber);
  await node.append("a", 3);
  assertEquals(notified, 1);
});
