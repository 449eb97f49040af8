import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { BackendUnavailable, BackendUnusable } from "../../backends/errors.ts";
import { nextEra } from "../../backends/mailbox/lease_epoch.ts";
import { Fenced } from "../../backends/mailbox/mailbox.ts";
import { MemoryStore } from "../../backends/memory/memory_store.ts";
import { interceptSettlements, overrideFeeds, overrideMailboxes } from "../support/overridden_backend.ts";
import { RecordingObserver } from "../support/recording_observer.ts";
import { misbehavingEvent } from "../support/misbehaving/processor.ts";
import { TestRuntime, type TestRuntimeOptions } from "../support/misbehaving/runtime.ts";

const FIRST_EPOCH = nextEra(0);
const CASES = Array.from({ length: 20 }, (_, i) => `case-${i}`);
const intakes = (n: number) => CASES.map((caseId) => misbehavingEvent(caseId, n));
const eachOnce = (numbers: number[]) => Object.fromEntries(CASES.map((caseId) => [caseId, numbers]));

/** A gate in a test: whoever comes waits until it is opened. */
function barrier() {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: opened.resolve,
    pass: () => (reached.resolve(), opened.promise),
  };
}

/** A runtime whose settles wait at a barrier. */
function settleSlowly(wall: ReturnType<typeof barrier>, store: MemoryStore): TestRuntimeOptions {
  const between = interceptSettlements(async (_, settle) => {
    await wall.pass();
    return await settle();
  });
  return { store: { shared: store }, wrap: between };
}

Deno.test("stop() is legal before start(), and twice; then nothing starts any more", async () => {
  await using runtime = new TestRuntime();
  assertEquals(await runtime.supervisor.stop(30_000), true);
  assertEquals(await runtime.supervisor.stop(30_000), true);
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  assertEquals(await runtime.supervisor.ended(), { kind: "stopped" });
  assertEquals(runtime.supervisor.heapBytes, [], "no worker was started");
  assertEquals((await runtime.backend.health()).mailboxes, []);
});

Deno.test("stop() while it starts ends what was started", async () => {
  await using runtime = new TestRuntime({ options: { workers: 2 } });
  const starting = runtime.supervisor.start();
  assertEquals(await runtime.supervisor.stop(30_000), true);
  await starting;
});

Deno.test("stop() while every mailbox waits for work gives all leases back at once", async () => {
  await using runtime = new TestRuntime({ store: { partitions: 4 } });
  await runtime.supervisor.start();
  await runtime.waitUntilIdle();
  assertEquals(await runtime.supervisor.stop(60_000), true);
  assert((await runtime.backend.health()).mailboxes.every(({ owner }) => owner === null));
});

Deno.test("a deadline of days is not over at once", async () => {
  const wall = barrier();
  await using runtime = new TestRuntime(settleSlowly(wall, new MemoryStore({ partitions: 1 })));
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await wall.reached;
  const stopped = runtime.supervisor.stop(40 * 24 * 3_600_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  wall.open();
  assertEquals(await stopped, true);
});

Deno.test("stop() settles the batches in hand (I1)", async () => {
  const wall = barrier();
  await using runtime = new TestRuntime(settleSlowly(wall, new MemoryStore({ partitions: 1 })));
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await wall.reached;
  const stopped = runtime.supervisor.stop(30_000);
  await runtime.backend.append([misbehavingEvent("case-late", 1)]);
  wall.open();
  assertEquals(await stopped, true);
  assertEquals(await runtime.answers(), eachOnce([1]));
});

Deno.test("what is not settled by the deadline is done again, once, by the next owner (I1, I2, I5)", async () => {
  const wall = barrier();
  const store = new MemoryStore({ partitions: 1 });
  await using late = new TestRuntime(settleSlowly(wall, store));
  await late.backend.append(intakes(1));
  await late.supervisor.start();
  await wall.reached;
  assertEquals(await late.supervisor.stop(0), false);
  await late.backend.close();
  await using next = new TestRuntime({ store: { shared: store } });
  await next.supervisor.start();
  await next.observer.waitUntil("the next owner has done it", () => next.observer.done === 20);
  wall.open();
  await late.observer.waitUntil("the late one is fenced", () => late.observer.fences.length === 1);
  assertEquals(await next.answers(), eachOnce([1]));
});

Deno.test("stop() past its deadline lets go of a batch whose worker is not there", async () => {
  const options = {
    entry: new URL("../support/misbehaving/worker_that_never_answers.ts", import.meta.url),
    startMs: 60_000,
  };
  const wall = barrier();
  const between = overrideMailboxes(({ passes }) => ({
    passes: overrideFeeds(passes, (feed) => ({
      fetch: async (signal) => await feed.fetch(signal).finally(() => void wall.pass()),
    })),
  }));
  await using runtime = new TestRuntime({ options, wrap: between });
  await runtime.backend.append(intakes(1));
  const starting = runtime.supervisor.start();
  await wall.reached;
  assertEquals(await runtime.supervisor.stop(50), false);
  // Everybody who waited for the worker went home: the second stop finds nobody.
  assertEquals(await runtime.supervisor.stop(30_000), true);
  assert((await runtime.backend.health()).mailboxes.every(({ owner }) => owner === null));
  await starting;
});

const FENCED = [{ processor: "misbehaving", partition: 1, epoch: FIRST_EPOCH }];

Deno.test("a fenced pass is told, and what it read is done by who may (I5, I8)", async () => {
  let fenced = false;
  const between = overrideMailboxes(({ passes }) => ({
    passes: overrideFeeds(passes, (feed, partition) => ({
      commit(settlement, signal) {
        if (fenced || partition !== 1) return feed.commit(settlement, signal);
        fenced = true;
        return Promise.resolve("fenced");
      },
    })),
  }));
  await using runtime = new TestRuntime({ store: { partitions: 4 }, wrap: between });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await runtime.waitUntilIdle();
  assertEquals(runtime.observer.fences, FENCED);
  assertEquals(await runtime.answers(), eachOnce([1]));
});

Deno.test("a fenced settle ends its actor, is told, and ends nobody else (I5, I8)", async () => {
  let fenced = false;
  const between = overrideMailboxes((mailbox) => ({
    settle: (batch, settlement) => {
      if (fenced || mailbox.partition !== 1) return mailbox.settle(batch, settlement);
      fenced = true;
      return Promise.reject(new Fenced(mailbox.processor, mailbox.partition, mailbox.epoch));
    },
  }));
  const options = { passes: false };
  await using runtime = new TestRuntime({ store: { partitions: 4 }, wrap: between, options });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await runtime.waitUntilIdle();
  assertEquals(runtime.observer.fences, FENCED);
  assertEquals(await runtime.answers(), eachOnce([1]));
});

Deno.test("a lease that others have a right to is handed over, and work goes on there (I3)", async () => {
  const shared = new MemoryStore({ partitions: 4 });
  const store = { shared, leaseMs: 3_000 };
  await using first = new TestRuntime({ store });
  await first.backend.append(intakes(1));
  await first.supervisor.start();
  await first.waitUntilIdle();
  const wall = barrier();
  let settledBySecond = 0;
  const counted = interceptSettlements((_, settle) => (settledBySecond++, settle()));
  const between = overrideMailboxes(() => (wall.pass(), {}));
  const wrap = (backend: Backend) => between(counted(backend));
  await using second = new TestRuntime({ store, wrap, observer: first.observer });
  await second.supervisor.start();
  await wall.reached;
  await second.backend.append(intakes(2));
  await second.observer.waitUntil("both have done their share", () => second.observer.done === 40);
  assert(settledBySecond > 0);
  assertEquals(await first.answers(), eachOnce([1, 2]));
  assertEquals(first.observer.fences, []);
});

Deno.test("an unknown error of a backend is a bug: ended() rejects with it", async () => {
  const bug = new TypeError("a bug in the store");
  const between = interceptSettlements(() => Promise.reject(bug));
  await using runtime = new TestRuntime({ wrap: between });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  assert(await assertRejects(() => runtime.supervisor.ended()) === bug);
});

/** A backend that is away `times` times, at one of the calls by which batches and passes are read and settled. */
function unavailable(call: "batches" | "histories" | "settle", times: number, committed = false) {
  let left = times;
  const gone = () => left-- > 0;
  const sorry = () => new BackendUnavailable("the store is away");
  const strike = async <T>(at: typeof call, work: () => Promise<T>): Promise<T> => {
    const fails = call === at && gone();
    const done = fails && !committed ? undefined : await work();
    if (fails) throw sorry();
    return done!;
  };
  return overrideMailboxes((mailbox) => ({
    async *batches(signal, permits) {
      if (call === "batches" && gone()) throw sorry();
      yield* mailbox.batches(signal, permits);
    },
    histories: (needs, types) => strike("histories", () => mailbox.histories(needs, types)),
    settle: (batch, settlement) => strike("settle", () => mailbox.settle(batch, settlement)),
    passes: overrideFeeds(mailbox.passes, (feed) => ({
      fetch: (signal) => strike("batches", () => feed.fetch(signal)),
      commit: (settlement, signal) => strike("settle", () => feed.commit(settlement, signal)),
    })),
  }));
}

for (const call of ["batches", "histories", "settle"] as const) {
  Deno.test(`a backend that is away at ${call}() is waited for, and burns no attempt`, async () => {
    await using runtime = new TestRuntime({ wrap: unavailable(call, 2), options: { stateLimit: 1 } });
    await runtime.backend.append([...intakes(1), ...intakes(2)]);
    await runtime.supervisor.start();
    await runtime.observer.waitUntil("all are done", () => runtime.observer.done === 40);
    assertEquals(await runtime.answers(), eachOnce([1, 2]));
    assertEquals([runtime.observer.retries, runtime.observer.exits], [[], []]);
    // It waited in place, rather than to give back its lease and take it again as fast as it can.
    assertEquals((await runtime.backend.health()).mailboxes.map(({ epoch }) => epoch), [FIRST_EPOCH]);
  });
}

Deno.test("a backend that refuses is waited for, burns no attempt, and is told with its reason (I8)", async () => {
  let left = 2;
  const between = interceptSettlements((_, settle) =>
    left-- > 0 ? Promise.reject(new BackendUnusable("the disk is full: free some")) : settle()
  );
  const seen = new RecordingObserver();
  const reported: string[] = [];
  seen.backendUnavailable = (reason) => void reported.push(reason);
  seen.backendAvailable = () => void reported.push("back");
  await using runtime = new TestRuntime({ wrap: between, observer: seen });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await seen.waitUntil("all are done", () => seen.done === 20);
  assertEquals(await runtime.answers(), eachOnce([1]));
  assertEquals(reported.slice(0, 2), Array(2).fill("the disk is full: free some"));
  assertEquals([seen.retries, seen.exits], [[], []]);
});

Deno.test("effects happen once when nobody knows whether a settle was done (I2)", async () => {
  await using runtime = new TestRuntime({ wrap: unavailable("settle", 3, true), store: { batchSize: 5 } });
  await runtime.backend.append([...intakes(1), misbehavingEvent("case-3", 2, "throw_twice"), ...intakes(3)]);
  await runtime.supervisor.start();
  await runtime.waitUntilIdle();
  await runtime.observer.waitUntil("all but what was not answered for", () => runtime.observer.done >= 20);
  assertEquals(await runtime.answers(), { ...eachOnce([1, 3]), "case-3": [1, 2, 3] });
});

Deno.test("the trouble of one mailbox does not stop the others", async () => {
  const wall = barrier();
  const between = interceptSettlements(async (partition, settle) => {
    if (partition === 0) await wall.pass();
    return await settle();
  });
  const shared = new MemoryStore({ partitions: 4 });
  await using runtime = new TestRuntime({ store: { shared }, wrap: between });
  await runtime.backend.append(intakes(1));
  const there = shared.log.slices[0]!.length;
  await runtime.supervisor.start();
  await wall.reached;
  await runtime.observer.waitUntil("the others are done", () => runtime.observer.done === 20 - there);
  wall.open();
  await runtime.waitUntilIdle();
  assertEquals(await runtime.answers(), eachOnce([1]));
});
