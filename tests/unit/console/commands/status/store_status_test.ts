import { assertEquals } from "@std/assert";
import type { Health, MailboxHealth } from "../../../../../backends/health.ts";
import { storeStatus } from "../../../../../console/commands/status/store_status.ts";
import { statusText } from "../../../../../console/commands/status/text.ts";

const NOW = Date.UTC(2026, 0, 1);

function mailbox(processor: string, partition: number, rest: Partial<MailboxHealth> = {}): MailboxHealth {
  return {
    ...{ processor, partition, owner: "node-a", epoch: 1, leaseMs: 5_000, pending: 0, oldestMs: 0 },
    ...{ sinceSettledMs: 100, parked: 0, parkedOldestMs: 0, retrying: 0, dead: 0 },
    ...rest,
  };
}

function health(mailboxes: readonly MailboxHealth[], rest: Partial<Health> = {}): Health {
  return {
    ...{ durability: "an acknowledged event is on a disk", survivesPowerFailure: true },
    ...{ timers: 0, nextTimerAt: null, mailboxes },
    ...rest,
  };
}

Deno.test("processors come in the order of a case's life, and those of others behind them", () => {
  const found = health([mailbox("zeta", 0), mailbox("analysis", 0), mailbox("intake", 0)]);
  const { processors } = storeStatus("memory", found, NOW, ["intake", "analysis"]);
  assertEquals(processors.map(({ name }) => name), ["intake", "analysis", "zeta"]);
});

Deno.test("a lease that ran out counts for no node, and one that ran out long ago makes its processor stuck", () => {
  const found = health([
    mailbox("intake", 0),
    mailbox("intake", 1, { leaseMs: -1_000 }),
    mailbox("analysis", 0, { owner: "node-b", leaseMs: -60_000 }),
  ]);
  const { status, nodes, unowned, why } = storeStatus("postgres", found, NOW);
  assertEquals([status, nodes, unowned], ["stuck", [{ node: "node-a", mailboxes: 1 }], 2]);
  assertEquals(why, ["analysis: 1 partition without an owner"]);
});

Deno.test("the text says what waits for a person, with the command that shows it", () => {
  const found = health([mailbox("intake", 0, { dead: 2 })], { rejected: 3 });
  assertEquals(statusText(storeStatus("postgres", found, NOW)).split("\n").slice(-3), [
    "Needs attention:",
    "  intake: 2 dead; see dlq list --processor intake",
    "  Refused at the door: 3; see inbox list",
  ]);
});

Deno.test("of a store on which nothing ran yet the text says so, and that nothing waits", () => {
  assertEquals(
    statusText(storeStatus("postgres", health([]), NOW)),
    [
      "postgres: nothing waits",
      "Durability: an acknowledged event is on a disk",
      "",
      "No node has worked on this store yet",
      "",
      "Nodes, with their mailboxes: none",
      "Timers: 0",
    ].join("\n"),
  );
});
