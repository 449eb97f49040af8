import { assertEquals } from "@std/assert";
import { Gate } from "../../../backends/gate.ts";
import type { Batch, Settlement } from "../../../backends/mailbox.ts";
import type { PostgresClient, Sql } from "../../../backends/postgres/client.ts";
import type { Lease, LeaseKeeper } from "../../../backends/postgres/leases.ts";
import { PostgresMailbox } from "../../../backends/postgres/postgres_mailbox.ts";
import type { Pulled } from "../../../backends/postgres/puller.ts";
import { settlingTogether } from "../../../backends/postgres/settling_together.ts";
import { Wakes } from "../../../backends/postgres/wakes.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** A batch of one delivery, at the position behind `from`. */
function pulledAt(from: number): Pulled {
  const lines = text(`${from + 1}\t…`);
  return { kind: "fresh", count: 1, read_from: from, read_to: from + 1, lines, next_due_ms: null };
}

const nothing: Pulled = { ...pulledAt(0), kind: "empty", count: 0, lines: new Uint8Array() };
const plain: Settlement = { outputs: new Uint8Array(), outputTypes: {}, exceptions: [], timers: [] };
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
function rowOf({ kind, count, read_from, read_to, lines }: Pulled) {
  return [text(kind), ...[count, read_from, read_to].map((n) => text(String(n))), null, lines]
    .map((field) => field && Object.assign(field, { toString: () => new TextDecoder().decode(field) }));
}

/** A node with two mailboxes of partition 3, one behind the other; pulls find what `waiting` holds. */
function nodeWith(answers: unknown[], waiting: Pulled[]) {
  const { client, asked } = databaseOf(answers);
  const wakes = new Wakes(client, { node: "here", pollMs: 1e8 });
  const together = settlingTogether(client, wakes);
  let pulls = 0;
  const pull = () => Promise.resolve((pulls++, waiting.shift() ?? nothing));
  const leases = { othersAlive: false } as LeaseKeeper;
  const limits = { batchSize: 10, batchBytes: 1_000 };
  const leaseOf = (processor: string): Lease => {
    return { processor, partition: 3, epoch: 7, abandoned: undefined, ended: new AbortController() };
  };
  const parts = { client, wakes, leases, together, pull, limits, onAway: () => {} };
  const before = new PostgresMailbox(parts, leaseOf("intake"), ["case.intake"]);
  const mailbox = new PostgresMailbox(parts, leaseOf("next"), ["case.analysis"]);
  const ended = new AbortController();
  const gate = new Gate(1);
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
  node.mailbox.bell.ring();
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
  node.mailbox.bell.ring();
  node.mailbox.hand(pulledAt(5), node.gate.enterNow(false)!);
  assertEquals((await waits).from, 4);
  assertEquals(node.gate.inside, 0.25);
  node.ended.abort();
});

Deno.test("a mailbox that is handed something while it is at work looks by itself afterwards", async () => {
  const node = nodeWith([SETTLED], [pulledAt(4), pulledAt(5)]);
  const batch = await node.next();
  node.mailbox.hand(pulledAt(9), () => {});
  await node.mailbox.settle(batch, plain);
  assertEquals((await node.next()).from, 5);
  node.ended.abort();
});

Deno.test("a mailbox that is stopped with what it was handed gives nothing, and its place back", async () => {
  const node = nodeWith([], []);
  const waits = node.next();
  await turn();
  node.mailbox.hand(pulledAt(5), node.mailbox.reserve()!);
  assertEquals(node.gate.inside, 0.25);
  node.ended.abort();
  assertEquals(await waits, undefined);
  assertEquals(node.gate.inside, 0);
});

Deno.test("what is handed is inside of the gate before it is read, and where there is no room nothing is read (I6)", async () => {
  const node = nodeWith([SETTLED], [nothing, pulledAt(7)]);
  const waits = node.next();
  await turn();
  const leave = await node.gate.enter(new AbortController().signal);
  await node.before.settle(batchOf(0), done);
  assertEquals(node.asked, ["settle"]);
  leave!();
  assertEquals([(await waits).from, node.gate.inside], [7, 0.25]);
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
  assertEquals([node.asked, node.pulls(), node.mailbox.isAsleep], [["settle_and_fetch", "settle"], 1, true]);
  assertEquals(node.gate.inside, 0);
  node.ended.abort();
});
