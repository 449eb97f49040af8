import { assertEquals } from "@std/assert";
import type { Measurements } from "../../../../backends/measurements.ts";
import { StoreMeter } from "../../../../console/http/store_meter.ts";
import { manualClock } from "../fixtures.ts";

const measurements: Measurements = { stored: new Map(), refused: 0, figures: {} };

function metered(measure: () => Promise<Measurements>) {
  const clock = manualClock();
  const counts = { asked: 0, measured: 0 };
  const meter = new StoreMeter({
    measure: () => {
      counts.asked++;
      return measure();
    },
    onMeasured: () => void counts.measured++,
    timeoutMs: 1,
    now: clock.now,
  });
  return { meter, clock, counts };
}

Deno.test("however often is scraped, the store is measured once in the given time", async () => {
  const { meter, clock, counts } = metered(() => Promise.resolve(measurements));
  await meter.refresh(5_000);
  clock.pass(4_999);
  await meter.refresh(5_000);
  assertEquals(counts, { asked: 1, measured: 1 });
  clock.pass(1);
  await meter.refresh(5_000);
  assertEquals(counts, { asked: 2, measured: 2 });
});

Deno.test("a store that does not answer holds up no scrape, and is not asked again meanwhile", async () => {
  const answer = Promise.withResolvers<Measurements>();
  const { meter, clock, counts } = metered(() => answer.promise);
  await meter.refresh(5_000);
  clock.pass(60_000);
  await meter.refresh(5_000);
  assertEquals(counts, { asked: 1, measured: 0 });
  answer.resolve(measurements);
  await answer.promise;
});

Deno.test("a store that fails to measure fails no scrape", async () => {
  const { meter, counts } = metered(() => Promise.reject(new Error("gone")));
  await meter.refresh(5_000);
  assertEquals(counts, { asked: 1, measured: 0 });
});
