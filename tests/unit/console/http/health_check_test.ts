import { assert, assertEquals } from "@std/assert";
import { BackendUnavailable, BackendUnusable } from "../../../../backends/errors.ts";
import type { Health } from "../../../../backends/health.ts";
import { HealthCheck, type HealthCheckOptions } from "../../../../console/http/health_check.ts";
import type { KnownOutage } from "../../../../console/http/health_report.ts";
import { facts, mailbox, manualClock } from "../fixtures.ts";

const never = () => new Promise<void>(() => {});

/** A check whose backend does what `answer` does, and counts how often it was asked. */
function checked(answer: () => Health | Promise<Health>, options: Partial<HealthCheckOptions> = {}) {
  const clock = manualClock();
  const asked = { times: 0 };
  const health = async () => {
    asked.times++;
    return await answer();
  };
  const check = new HealthCheck({ health, facts: () => facts(), now: clock.now, wait: never, ...options });
  return { check, clock, asked };
}

const calm = (): Health => ({
  durability: "on disk",
  survivesPowerFailure: true,
  timers: 0,
  nextTimerAt: null,
  mailboxes: [mailbox()],
});

Deno.test("however often health is asked for, the store is asked once a second", async () => {
  const { check, clock, asked } = checked(calm);
  const [first, second] = await Promise.all([check.report(), check.report()]);
  assert(first === second);
  clock.pass(999);
  await check.report();
  assertEquals(asked.times, 1);
  clock.pass(1);
  await check.report();
  assertEquals(asked.times, 2);
});

Deno.test("a scrape takes an older report than a probe", async () => {
  const { check, clock, asked } = checked(calm);
  await check.report();
  clock.pass(4_999);
  await check.report(5_000);
  assertEquals(asked.times, 1);
});

Deno.test("every health that was read is handed on, for the queue depth", async () => {
  const reported: Health[] = [];
  const { check } = checked(calm, { onHealth: (health) => reported.push(health) });
  await check.report();
  assertEquals(reported.map(({ mailboxes }) => mailboxes.length), [1]);
});

Deno.test("an unavailable backend is reported with the moment it was first missed, and is ok when it answers again", async () => {
  let isUnavailable = true;
  const { check, clock } = checked(() => {
    if (isUnavailable) throw new BackendUnavailable("PostgreSQL is away (ECONNREFUSED)");
    return calm();
  });
  const { since } = await check.report();
  clock.pass(60_000);
  const later = await check.report();
  assertEquals([later.status, later.since], ["unavailable", since]);
  assertEquals(later.why, ["the backend is unavailable for 60 s: PostgreSQL is away (ECONNREFUSED)"]);
  isUnavailable = false;
  clock.pass(1_000);
  const back = await check.report();
  assertEquals([back.status, back.since === since], ["ok", false]);
});

Deno.test("the status is told with the moment it began", async () => {
  const { check, clock } = checked(calm);
  const { since } = await check.report();
  clock.pass(30_000);
  const report = await check.report();
  assert(report.since === since && report.checked_at !== since);
});

Deno.test("a backend that does not answer in time is unavailable, and is not asked again meanwhile", async () => {
  const { promise, resolve } = Promise.withResolvers<Health>();
  const { check, clock, asked } = checked(() => promise, { wait: () => Promise.resolve() });
  const report = await check.report();
  assertEquals(report.why, ["the backend is unavailable for 0 s: it did not answer within 3000 ms"]);
  clock.pass(10_000);
  assertEquals((await check.report()).status, "unavailable");
  assertEquals(asked.times, 1);
  resolve(calm());
  await promise;
});

Deno.test("an outage that the node knows of is told at once: without the report before it, and without waiting", async () => {
  const known: { outage: KnownOutage | undefined } = { outage: undefined };
  const waits: number[] = [];
  const { check, clock } = checked(() => new Promise(() => {}), {
    facts: () => facts(known),
    wait: (ms) => Promise.resolve(void waits.push(ms)),
  });
  await check.report();
  const outage = { reason: "PostgreSQL is away (no answer for 2200 ms)", since: clock.now() - 2_200 };
  known.outage = outage;
  assertEquals((await check.report()).why, ["the backend is unavailable for 2.2 s: " + outage.reason]);
  assertEquals(waits, [3_000, 250]);
});

Deno.test("a backend that refuses is stuck: somebody has to act", async () => {
  const { check } = checked(() => {
    throw new BackendUnusable("PostgreSQL refuses (28P01 invalid password): check the password");
  });
  const { status, why } = await check.report();
  assertEquals(status, "stuck");
  assertEquals(why, [
    "no health for 0 s: PostgreSQL refuses (28P01 invalid password): check the password",
  ]);
});

Deno.test("of an unexpected error the report tells only the class, and never nine digits", async () => {
  const { check, clock } = checked(() => {
    throw Object.assign(new Error("citizen 123456782"), { name: "Odd123456782" });
  });
  const report = await check.report();
  assertEquals(report.why, ["no health for 0 s: the health check failed (Odd[nine digits])"]);
  clock.pass(1_000);
  const { check: unavailable } = checked(() => {
    throw new BackendUnavailable("row of 123456782\nforged");
  });
  assertEquals((await unavailable.report()).why, [
    "the backend is unavailable for 0 s: row of [nine digits]␊forged",
  ]);
});

Deno.test("a partition seen without an owner for longer than the threshold is stuck", async () => {
  const { check, clock } = checked(() => ({
    durability: "",
    survivesPowerFailure: true,
    timers: 0,
    nextTimerAt: null,
    mailboxes: [mailbox({ owner: null, leaseMs: 0 })],
  }));
  const statuses: string[] = [];
  for (const wait of [5_000, 10_000, 1_000]) {
    clock.pass(wait);
    statuses.push((await check.report()).status);
  }
  assertEquals(statuses, ["ok", "ok", "stuck"]);
});
