/** JetStream without atomic batches: in which order messages do no harm, and what a filter covers. @module */
import { assert, assertEquals } from "@std/assert";
import { park } from "../../../backends/nats/parking.ts";
import { coveringFilter, isUnder } from "../../../backends/nats/weaker/one_filter.ts";
import { orderOf } from "../../../backends/nats/weaker/one_by_one_writer.ts";
import { streamsAt } from "../../../backends/nats/weaker/shortfall.ts";
import type { Exception } from "../../../backends/mailbox.ts";
import { partitionsIn, Subjects } from "../../../schema/nats.ts";

const subjects = new Subjects("cases");

Deno.test("the checkpoint of a settlement goes last, behind what is parked; kinds go before the events, which keep their order", () => {
  const order = [
    subjects.checkpoint("intake", 0),
    subjects.event(0, "case.analysis", "b"),
    subjects.event(0, "case.analysis", "a"),
    subjects.parked("intake", 0, "c"),
    subjects.audit("c"),
    subjects.timer("intake", "a", "term"),
    subjects.kind("case.analysis", 1),
  ];
  const sorted = orderOf(order.map((subject) => ({ subject, payload: "" })), subjects).map((i) => order[i]);
  assertEquals(sorted, [6, 1, 2, 5, 4, 3, 0].map((i) => order[i]));
});

Deno.test("one filter covers several, and what is under none of them is told apart", () => {
  const filters = [subjects.feed(3, "case.intake"), subjects.feed(3, "case.analysis")];
  assertEquals(coveringFilter(filters), "cases.3.*.*");
  assertEquals(coveringFilter(filters.slice(1)), filters[1]);
  assert(isUnder(filters, subjects.event(3, "case.analysis", "a")));
  assert(!isUnder(filters, subjects.event(3, "case.completed", "a")));
  assert(!isUnder(filters, subjects.event(2, "case.analysis", "a")));
});

Deno.test("a failure that is parked already, by a settlement that was cut off, is not counted again", () => {
  const error = { class: "X", message: "x", at: "2026-01-01T00:00:00.000Z" };
  const failed = (attempt: number): Exception => ({
    position: 1,
    eventId: "e",
    caseId: "a",
    attempt,
    outcome: { kind: "retry", error, afterMs: 5 },
  });
  const once = park([], failed(1), 10);
  assert(park(once, failed(1), 20) === once);
  assertEquals(park(once, failed(2), 20).map(({ attempts, failures }) => [attempts, failures.length]), [[
    2,
    2,
  ]]);
});

Deno.test("a server is asked for what it can have, and its streams tell whose they are", () => {
  const shape = { stream: "CASES", prefix: "cases", partitions: 7, replicas: 1, leaseMs: 1 };
  for (const level of [0, 1]) {
    const [store, ...others] = streamsAt(level, shape);
    assertEquals([store!.allow_atomic, store!.allow_msg_ttl], [false, level === 1]);
    assertEquals(others.map(({ name }) => name), ["KV_CASES_leases", "CASES_ingest"]);
  }
  const { description = "" } = streamsAt(0, shape)[0]!;
  assertEquals([partitionsIn({ description }), partitionsIn({}), streamsAt(2, shape).length], [7, NaN, 4]);
});
