import { assert, assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../../backends/errors.ts";
import type { AppendResult } from "../../../../backends/event_store.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import {
  APPENDS_AT_ONCE,
  type OpenLoopListener,
  runOpenLoop,
} from "../../../../simulators/load/open_loop.ts";

const appended: AppendResult = { stored: 1, duplicates: 0, position: 1, version: 1 };
const event = { event_id: "e" } as WireEvent;

interface Recorded {
  readonly latencies: number[];
  readonly lags: number[];
  readonly lates: number[];
}

function listen(start: number): Recorded & { listener: OpenLoopListener } {
  const recorded: Recorded = { latencies: [], lags: [], lates: [] };
  const listener: OpenLoopListener = {
    onHandedOver(lag, late) {
      recorded.lags.push(lag);
      recorded.lates.push(late);
    },
    onAcknowledged: (due, at) => void recorded.latencies.push(...due.map((each) => at - start - each)),
  };
  return { ...recorded, listener };
}

const everyMs = (count: number) => Array.from({ length: count }, (_, i) => i);
const { signal } = new AbortController();

Deno.test("a store that stops for a while delays everything that was due meanwhile, and all of it counts", async () => {
  const start = performance.now();
  const { listener, latencies } = listen(start);
  const goesOn = new Promise((resolve) => setTimeout(resolve, 300));
  const append = () => goesOn.then(() => appended);
  await runOpenLoop({
    schedule: everyMs(100),
    make: () => event,
    append,
    start,
    listener,
    signal,
  });
  assertEquals(latencies.length, 100);
  // A closed loop would see four slow answers; here all that were due in those 300 ms waited for the store.
  assert(Math.min(...latencies) > 150, `${latencies}`);
});

/** Each moment lies ahead when it is asked for, so that no two fall into one append. */
function* oneByOne(start: number, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield performance.now() - start + 2;
}

Deno.test("waiting for the store is not the generator's lateness", async () => {
  const start = performance.now();
  const { listener, lags, lates } = listen(start);
  const answered = Promise.withResolvers<AppendResult>();
  let begun = 0;
  const append = () => {
    if (++begun === APPENDS_AT_ONCE) setTimeout(() => answered.resolve(appended), 1_500);
    return answered.promise;
  };
  const schedule = oneByOne(start, APPENDS_AT_ONCE + 1);
  await runOpenLoop({ schedule, make: () => event, append, start, listener, signal });
  // All appends were taken: the last one began as soon as one of them had ended.
  const [lag, late] = [lags.at(-1)!, lates.at(-1)!];
  assert(lag > 300 && late < lag / 2, `${late} of ${lag}`);
});

Deno.test("a generator that is slow itself is late", async () => {
  const start = performance.now();
  const { listener, lates } = listen(start);
  const make = () => {
    for (const began = performance.now(); performance.now() - began < 30;);
    return event;
  };
  const append = () => Promise.resolve(appended);
  const makingMs = await runOpenLoop({ schedule: [0, 1, 40], make, append, start, listener, signal });
  assert(Math.max(...lates) > 15, `${lates}`);
  assert(makingMs >= 90, `${makingMs}`);
});

Deno.test("while the store is away the same events are offered again, and the wait counts", async () => {
  const start = performance.now();
  const { listener, latencies } = listen(start);
  const given: unknown[] = [];
  const append = (events: readonly WireEvent[]) => {
    given.push(events);
    return given.length < 3 ? Promise.reject(new BackendUnavailable("away")) : Promise.resolve(appended);
  };
  await runOpenLoop({ schedule: [0], make: () => event, append, start, listener, signal });
  assertEquals(given.length, 3);
  assert(given.every((events) => events === given[0]));
  assert(latencies[0]! > 50, `${latencies}`);
});

Deno.test("another error of the store ends the offer with it", async () => {
  const start = performance.now();
  const { listener } = listen(start);
  const append = () => Promise.reject(new TypeError("broken"));
  const offering = runOpenLoop({
    schedule: everyMs(1_000),
    make: () => event,
    append,
    start,
    listener,
    signal,
  });
  await assertRejects(() => offering, TypeError, "broken");
});

Deno.test("an aborted offer ends with what is under way", async () => {
  const stop = new AbortController();
  const start = performance.now();
  const { listener, latencies } = listen(start);
  const append = () => {
    stop.abort();
    return Promise.resolve(appended);
  };
  await runOpenLoop({
    schedule: [0, 60_000],
    make: () => event,
    append,
    start,
    listener,
    signal: stop.signal,
  });
  assertEquals(latencies.length, 1);
});
