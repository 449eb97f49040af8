import { assertEquals } from "@std/assert";
import { PrioritySemaphore } from "../../../../backends/primitives/priority_semaphore.ts";
import type { Batch, Settlement } from "../../../../backends/mailbox/mailbox.ts";
import type { PostgresClient, Sql } from "../../../../backends/postgres/connection/client.ts";
import type { Lease, LeaseKeeper } from "../../../../backends/postgres/mailbox/leases.ts";
import { PostgresMailbox } from "../../../../backends/postgres/mailbox/postgres_mailbox.ts";
import type { FetchResult } from "../../../../backends/postgres/mailbox/fetch.ts";
import { createSettleGroup } from "../../../../backends/postgres/mailbox/settle_group.ts";
import { Notifier } from "../../../../backends/postgres/mailbox/notifier.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** A batch of one delivery, at the position behind `from`. */
function pulledAt(from: number): FetchResult {
  const lines = text(`${from + 1}\t…`);
  return { kind: "fresh", count: 1, read_from: from, read_to: from + 1, lines, next_due_ms: null };
}

const nothing: FetchResult = { ...pulledAt(0), kind: "empty", count: 0, lines: new Uint8Array() };
const plain: Settlement = { outputs: new Uint8Array(), outputTypes: {}, failures: [], timers: [] };
const done: Settlement = { ...plain, outputTypes: { "case.analysis": 1 } };
/** What the database answers to a settlement by itself. */
const SETTLED = [{ verdict: "settled" }];

/** A database that answers each statement with what is next, and tells what it was asked. */
function databaseOf(answers: unknown[]) {
  const asked: string[] = [];
  const sql = (strings: TemplateStringsArray) => {
    asked.push(/zaakstroom\.(\w+)/.exec(strings.join(""))![1]!);
    const rows = Promise.resolve(answers.shift());
    return Object.assign(rows, { raw: () => rows });
  };
  const client = { run: <T>(ask: (sql: Sql) => T) => ask(sql as unknown as Sql) } as PostgresClient;
  return { client, asked };
}

/** A row as the client gives it out, undecoded. */
function rowOf({ kind, count, read_from, read_to, lines }: FetchResult) {
  return [text(kind), ...[count, read_from, read_to].map((n) => text(String(n))), null, lines]
    .map((field) => field && Object.assign(field, { toString: () => new TextDecoder().decode(field) }));
}

/** A node with two mailboxes of partition 3, one behind the other; pulls find what `waiting` holds. */
function nodeWith(answers: unknown[], waiting: FetchResult[]) {
  const { client, asked } = databaseOf(answers);
  const wakes = new Notifier(client, { node: "here", pollMs: 1e8 });
  const together = createSettleGroup(client, wakes);
  let pulls = 0;
  const pull = () => Promise.resolve((pulls++, waiting.shift() ?? nothing));
  const leases = { othersAlive: false } as LeaseKeeper;
  const limits = { batchSize: 10, batchBytes: 1_000 };
  const leaseOf = (processor: string): Lease => {
    return { processor, partition: 3, epoch: 7, crashedOwner: undefined, ended: new AbortController() };
  };
  const parts = {
    client,
    notifier: wakes,
    leases,
    settleGroup: together,
    fetch: pull,
    limits,
    onAvailabilityChange: () => {},
  };
  const before = new PostgresMailbox(parts, leaseOf("intake"), ["case.intake"]);
  const mailbox = new PostgresMailbox(parts, leaseOf("next"), ["case.analysis"]);
  const ended = new AbortController();
  const gate = new PrioritySemaphore(1);
  const batches = mailbox.batches(ended.signal, gate);
  const next = async () => (await batches.next()).value as Batch;
  return { asked, gate, together, before, mailbox, next, ended, pulls: () => pulls };
}

/** Lets everybody act who can. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

const intake = { processor: "intake", partition: 3, epoch: 1 };
const batchOf = (from: number): Batch => ({ ...pulledAt(from), kind: "fresh", from, to: from + 1 });
const settling = (from = 0) => ({ owner: intake, batch: batchOf(from), settlement: done });

Deno.test("a settlement brings back what it made for a mailbox that sleeps, which then asks for nothing", async () => {
  const node = nodeWith([[rowOf(pulledAt(5))], SETTLED], []);
  const waits = node.next();
  await turn();
  await node.before.settle(batchOf(0), done);
  const batch = await waits;
  assertEquals(batch.from, 5);
  await node.mailbox.settle(batch, plain);
  void node.next();
  await turn();
  assertEquals([node.asked, node.pulls()], [["settle_and_fetch", "settle"], 1]);
  node.ended.abort();
});

Deno.test("what rings while a mailbox has what it was handed is looked for afterwards", async () => {
  const node = nodeWith([[rowOf(pulledAt(5))], SETTLED], [nothing, pulledAt(8)]);
  const waits = node.next();
  await turn();
  await node.together(settling());
  node.mailbox.wakeSignal.notify();
  const batch = await waits;
  assertEquals(batch.from, 5);
  await node.mailbox.settle(batch, plain);
  assertEquals((await node.next()).from, 8);
  node.ended.abort();
});

Deno.test("a mailbox whose bell has just rung looks by itself, and takes nothing that may be older", async () => {
  const node = nodeWith([], [nothing, pulledAt(4)]);
  const waits = node.next();
  await turn();
  node.mailbox.wakeSignal.notify();
  node.mailbox.deliver(pulledAt(5), node.gate.tryAcquire(false)!);
  assertEquals((await waits).from, 4);
  assertEquals(node.gate.inUse, 0.25);
  node.ended.abort();
});

Deno.test("a mailbox that is handed something while it is at work looks by itself afterwards", async () => {
  const node = nodeWith([SETTLED], [pulledAt(4), pulledAt(5)]);
  const batch = await node.next();
  node.mailbox.deliver(pulledAt(9), () => {});
  await node.mailbox.settle(batch, plain);
  assertEquals((await node.next()).from, 5);
  node.ended.abort();
});

Deno.test("a mailbox that is stopped with what it was handed gives nothing, and its place back", async () => {
  const node = nodeWith([], []);
  const waits = node.next();
  await turn();
  node.mailbox.deliver(pulledAt(5), node.mailbox.tryReserve()!);
  assertEquals(node.gate.inUse, 0.25);
  node.ended.abort();
  assertEquals(await waits, undefined);
  assertEquals(node.gate.inUse, 0);
});

Deno.test("what is handed is inside of the gate before it is read, and where there is no room nothing is read (I6)", async () => {
  const node = nodeWith([SETTLED], [nothing, pulledAt(7)]);
  const waits = node.next();
  await turn();
  const leave = await node.gate.acquire(new AbortController().signal);
  await node.before.settle(batchOf(0), done);
  assertEquals(node.asked, ["settle"]);
  leave!();
  assertEquals([(await waits).from, node.gate.inUse], [7, 0.25]);
  node.ended.abort();
});

Deno.test("a settlement for which nobody sleeps brings back nothing", async () => {
  const node = nodeWith([SETTLED, SETTLED], [pulledAt(1)]);
  await node.next();
  assertEquals((await node.together(settling())).verdict, "settled");
  const elsewhere = { ...settling(), owner: { ...intake, partition: 4 } };
  assertEquals((await node.together(elsewhere)).verdict, "settled");
  assertEquals(node.asked, ["settle", "settle"]);
  node.ended.abort();
});

Deno.test("a settlement that is refused wakes nobody, and is then asked for by itself", async () => {
  const node = nodeWith([[], [{ verdict: "already" }]], []);
  void node.next();
  await turn();
  assertEquals((await node.together(settling())).verdict, "already");
  await turn();
  assertEquals([node.asked, node.pulls(), node.mailbox.isIdle], [["settle_and_fetch", "settle"], 1, true]);
  assertEquals(node.gate.inUse, 0);
  node.ended.abort();
});
