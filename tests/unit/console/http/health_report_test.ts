import { assert, assertEquals } from "@std/assert";
import type { MailboxHealth } from "../../../../backends/health.ts";
import { type NodeFacts, reportHealth, reportOutage } from "../../../../console/http/health_report.ts";
import { type OwnershipObservations, partitionKey } from "../../../../console/http/processor_report.ts";
import { facts, mailbox, START } from "../fixtures.ts";

/** The report an hour after the start. */
function reportOf(
  mailboxes: MailboxHealth[],
  seen: Partial<OwnershipObservations> = {},
  parts: Partial<NodeFacts> = {},
) {
  const whole = { now: START + 3_600_000, availableSince: null, unownedSince: new Map(), ...seen };
  return reportHealth(
    { durability: "on disk", survivesPowerFailure: true, timers: 0, nextTimerAt: null, mailboxes },
    facts(parts),
    whole,
  );
}

const statesOf = (mailboxes: MailboxHealth[]) => reportOf(mailboxes).processors.map(({ state }) => state);

Deno.test("given nothing waits, a node is ok and its processors are idle", () => {
  const { status, why, durability, processors } = reportOf([mailbox(), mailbox({ partition: 1 })]);
  assertEquals({ status, why, durability }, { status: "ok", why: [], durability: "on disk" });
  const counts = {
    pending: 0,
    oldest_ms: 0,
    owned: 2,
    unowned: 0,
    parked: 0,
    retrying: 0,
    parked_oldest_ms: 0,
    dead: 0,
  };
  assertEquals(processors, [{ name: "intake", state: "idle", ...counts }]);
});

Deno.test("given work is held up, the report says why, whatever the backend says of itself", () => {
  const { why } = reportOf([mailbox()], {}, {
    outage: { reason: "PostgreSQL refuses (53100 disk full)", since: START },
  });
  assertEquals(why, ["work is held up: PostgreSQL refuses (53100 disk full)"]);
});

Deno.test("given a young backlog, the processor flows and the node is ok", () => {
  const report = reportOf([mailbox({ pending: 9_000, oldestMs: 10_000, sinceSettledMs: null })]);
  assertEquals([report.status, report.processors[0]!.state], ["ok", "flowing"]);
});

Deno.test("given an old backlog that is being settled, the node is lagging and not stuck", () => {
  const report = reportOf([mailbox({ pending: 1_200, oldestMs: 61_000, sinceSettledMs: 10_000 })]);
  assertEquals([report.status, report.processors[0]!.state], ["lagging", "lagging"]);
  assertEquals(report.why, ["intake: behind (1,200 pending, the oldest for 61 s)"]);
});

Deno.test("given an old backlog and silence, the node is stuck", () => {
  const report = reportOf([mailbox({ pending: 3, oldestMs: 61_000, sinceSettledMs: 10_001 })]);
  assertEquals([report.status, report.processors[0]!.state], ["stuck", "stuck"]);
  assertEquals(report.why, [
    "intake: 1 partition settled nothing for over 10 s (3 pending, the oldest for 61 s)",
  ]);
});

Deno.test("a partition that was never settled is stuck as one that was settled long ago", () => {
  assertEquals(statesOf([mailbox({ pending: 1, oldestMs: 10_001, sinceSettledMs: null })]), ["stuck"]);
});

Deno.test("one silent partition among busy ones is stuck: it has its own actor", () => {
  const busy = mailbox({ pending: 500, oldestMs: 20_000, sinceSettledMs: 5 });
  const silent = mailbox({ partition: 1, pending: 1, oldestMs: 20_000, sinceSettledMs: 20_000 });
  const other = mailbox({ processor: "analysis" });
  assertEquals(statesOf([busy, silent, other]), ["stuck", "idle"]);
});

Deno.test("a long silence is no trouble when the work is young", () => {
  assertEquals(statesOf([mailbox({ pending: 1, oldestMs: 20, sinceSettledMs: 3_600_000 })]), ["flowing"]);
});

Deno.test("a node that has just started on an old backlog is lagging, and stuck once the threshold has passed", () => {
  const old = [mailbox({ pending: 9, oldestMs: 86_400_000, sinceSettledMs: 86_000_000 })];
  assertEquals(reportOf(old, { now: START + 10_000 }).status, "lagging");
  assertEquals(reportOf(old, { now: START + 10_001 }).status, "stuck");
});

Deno.test("silence while the backend was unavailable does not count", () => {
  const old = [mailbox({ pending: 9, oldestMs: 600_000, sinceSettledMs: 600_000 })];
  const now = START + 3_600_000;
  assertEquals(reportOf(old, { availableSince: now - 10_000 }).status, "lagging");
  assertEquals(reportOf(old, { availableSince: now - 10_001 }).status, "stuck");
});

Deno.test("a partition without an owner for longer than the threshold is stuck, also when nothing waits", () => {
  const orphan = mailbox({ owner: null, leaseMs: 0 });
  const now = START + 3_600_000;
  const since = (ms: number) => ({ unownedSince: new Map([[partitionKey(orphan), now - ms]]) });
  assertEquals(reportOf([orphan]).status, "ok");
  assertEquals(reportOf([orphan], since(10_000)).status, "ok");
  const late = reportOf([orphan], since(10_001));
  assertEquals([late.status, late.processors[0]!.unowned], ["stuck", 1]);
  assertEquals([late.ready, late.why.at(-1)], [false, "intake: 1 partition without an owner"]);
});

Deno.test("a lease that ran out longer ago than the threshold is stuck at the first look", () => {
  assertEquals(reportOf([mailbox({ leaseMs: -10_000 })]).status, "ok");
  assertEquals(reportOf([mailbox({ leaseMs: -10_001 })]).status, "stuck");
});

Deno.test("partitions of a processor this node does not run are told, and are not this node's trouble", () => {
  const report = reportOf([mailbox({ processor: "retired", leaseMs: -86_400_000 })]);
  assertEquals([report.status, report.processors.find(({ name }) => name === "retired")!.unowned], ["ok", 1]);
});

Deno.test("parked deliveries and dead letters are told and change no status", () => {
  const report = reportOf([mailbox({ parked: 40, retrying: 30, dead: 2 })]);
  assertEquals([report.status, report.processors[0]!.state], ["ok", "idle"]);
  const { parked, retrying, dead } = report.processors[0]!;
  assertEquals([parked, retrying, dead], [40, 30, 2]);
});

Deno.test("parked deliveries that wait for long are told with the age of the oldest, and change no status", () => {
  const { status, why, processors } = reportOf([
    mailbox({ parked: 2, parkedOldestMs: 3_600_000 }),
    mailbox({ partition: 1, parked: 1, parkedOldestMs: 10 }),
  ]);
  assertEquals([status, processors[0]!.parked_oldest_ms], ["ok", 3_600_000]);
  assertEquals(why, ["intake: 3 parked, the oldest for 60 min"]);
});

Deno.test("a mailbox that waits for something is named, with what it waits for", () => {
  const { why } = reportOf([mailbox({ partition: 3, waitsFor: "a lock that something else holds" })]);
  assertEquals(why, ["intake: partition 3 waits for a lock that something else holds"]);
});

Deno.test("the threshold can be chosen", () => {
  const health = {
    durability: "",
    survivesPowerFailure: true,
    timers: 0,
    nextTimerAt: null,
    mailboxes: [mailbox({ pending: 1, oldestMs: 3_000, sinceSettledMs: 3_000 })],
  };
  const seen = { now: START + 60_000, availableSince: null, unownedSince: new Map() };
  assertEquals(reportHealth(health, facts(), seen, 2_000).status, "stuck");
  assertEquals(reportHealth(health, facts(), seen, 5_000).status, "ok");
});

Deno.test("given the backend is unavailable, the report says since when and why", () => {
  const outage = {
    status: "unavailable",
    since: START + 1_000,
    reason: "PostgreSQL is away (ECONNREFUSED)",
  } as const;
  const report = reportOutage(outage, facts(), START + 13_000);
  assertEquals(report.status, "unavailable");
  assertEquals(report.since, "2026-01-15T09:00:01.000Z");
  assertEquals(report.why, ["the backend is unavailable for 12 s: PostgreSQL is away (ECONNREFUSED)"]);
  assert(report.durability === null && report.processors.length === 0);
});

Deno.test("a processor of this node that has no mailbox yet is told all the same", () => {
  const { status, processors } = reportOf([], {}, { processors: ["intake", "analysis"] });
  assertEquals([status, processors.map(({ name, owned }) => [name, owned])], [
    "ok",
    [["intake", 0], ["analysis", 0]],
  ]);
});

Deno.test("given a projection that is held, the report names the event, and the node is as well as before", () => {
  const held = [{
    partition: 3,
    position: 42,
    eventType: "case.decision",
    reason: "No path from case.decision version 9",
  }];
  const served = { isServed: true, isRebuilding: false, pending: 0, skipped: 0, held: [] };
  const health = {
    ...{
      durability: "on disk",
      survivesPowerFailure: true,
      timers: 0,
      nextTimerAt: null,
      mailboxes: [mailbox()],
    },
    projections: [
      { ...served, name: "cases", pending: 7, held },
      { ...served, name: "flow_per_day", isRebuilding: true, skipped: 1 },
      { ...served, name: "new", isServed: false },
    ],
  };
  const seen = { now: START + 3_600_000, availableSince: null, unownedSince: new Map() };
  const { status, why, projections } = reportHealth(health, facts(), seen);
  assertEquals(status, "ok");
  assertEquals(why, [
    "projection cases: held in partition 3 at position 42 (case.decision): No path from case.decision version 9",
  ]);
  assertEquals(projections, [
    { name: "cases", state: "held", pending: 7, held: 1, skipped: 0 },
    { name: "flow_per_day", state: "rebuilding", pending: 0, held: 0, skipped: 1 },
    { name: "new", state: "building", pending: 0, held: 0, skipped: 0 },
  ]);
});

Deno.test("a restored store says from where it came, and works", () => {
  const restoration = {
    backup: "b",
    moment: "2026-11-30T10:00:00Z",
    timeline: 2,
    restoredAt: "2026-11-30T11:00:00Z",
  };
  const health = {
    durability: "",
    survivesPowerFailure: true,
    timers: 0,
    nextTimerAt: null,
    mailboxes: [mailbox()],
  };
  const seen = { now: START + 3_600_000, availableSince: null, unownedSince: new Map() };
  const report = reportHealth({ ...health, restoration }, facts(), seen);
  assertEquals([report.status, report.restoration], ["ok", restoration]);
  assertEquals(report.why, [
    "the store was restored from the backup b, as it was at 2026-11-30T10:00:00Z (timeline 2): what leaves it waits until backup accept",
  ]);
});
