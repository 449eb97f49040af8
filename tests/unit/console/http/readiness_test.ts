import { assertEquals } from "@std/assert";
import type { MailboxHealth } from "../../../../backends/health.ts";
import { notReadyReason } from "../../../../console/http/readiness.ts";
import { mailbox } from "../fixtures.ts";

function isReady(mailboxes: MailboxHealth[], more: { isStopping?: boolean } = {}): boolean {
  const health = { durability: "", survivesPowerFailure: true, timers: 0, nextTimerAt: null, mailboxes };
  return notReadyReason(health, { node: "node-a", processors: ["intake"], ...more }) === undefined;
}

const own = mailbox();
const other = mailbox({ partition: 1, owner: "node-b" });
const free = mailbox({ partition: 2, owner: null, leaseMs: 0 });
const expired = mailbox({ leaseMs: -1 });

Deno.test("a node is ready with a lease of its own, also while partitions of others are free", () => {
  assertEquals([isReady([own]), isReady([own, other, free])], [true, true]);
});

Deno.test("a node without a lease is ready where others have all of them, and else not", () => {
  assertEquals([isReady([other]), isReady([other, free]), isReady([expired])], [true, false, false]);
});

Deno.test("a node is not ready before it knows of a mailbox of its own processors", () => {
  assertEquals([isReady([]), isReady([mailbox({ processor: "retired" })])], [false, false]);
});

Deno.test("a node that stops is not ready", () => {
  assertEquals(isReady([own], { isStopping: true }), false);
});
