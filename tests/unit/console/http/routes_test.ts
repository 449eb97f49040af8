import { assertEquals } from "@std/assert";
import type { Health } from "../../../../backends/health.ts";
import { HealthCheck } from "../../../../console/http/health_check.ts";
import { nodeSources } from "../../../../console/http/routes.ts";
import { StoreMeter } from "../../../../console/http/store_meter.ts";
import { Metrics } from "../../../../console/telemetry/metrics.ts";
import { facts, mailbox, manualClock } from "../fixtures.ts";

Deno.test("a probe does not wait for a busy store: it gets the report before, which says when it was made", async () => {
  const health: Health = {
    durability: "on disk",
    survivesPowerFailure: true,
    timers: 0,
    nextTimerAt: null,
    mailboxes: [mailbox()],
  };
  const clock = manualClock();
  let isBusy = false;
  const busy = Promise.withResolvers<Health>();
  const check = new HealthCheck({
    health: () => isBusy ? busy.promise : Promise.resolve(health),
    facts: () => facts(),
    now: clock.now,
    wait: () => new Promise(() => {}),
  });
  const meter = new StoreMeter({
    measure: () => Promise.resolve({ stored: new Map(), refused: 0, figures: {} }),
    onMeasured: () => {},
  });
  const sources = nodeSources(check, meter, new Metrics({ backend: "postgres" }));
  const first = await sources.health();
  clock.pass(2_000);
  isBusy = true;
  assertEquals((await sources.health()).checked_at, first.checked_at);
  busy.resolve(health);
  await busy.promise;
  const next = await sources.health();
  assertEquals(Date.parse(next.checked_at) - Date.parse(first.checked_at), 2_000);
});
