import { assert, assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable, BackendUnusable } from "../../backends/backend.ts";
import { Fenced } from "../../backends/mailbox.ts";
import { MemoryStore } from "../../backends/memory/memory_store.ts";
import { withMailboxes } from "../support/odd_backend.ts";
import { OddObserver } from "../support/odd_observer.ts";
import { oddEvent } from "../support/odd_processor.ts";
import { type OddParts, OddRuntime } from "../support/odd_runtime.ts";

const CASES = Array.from({ length: 20 }, (_, i) => `case-${i}`);
const intakes = (n: number) => CASES.map((caseId) => oddEvent(caseId, n));
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
function settlingSlowly(wall: ReturnType<typeof barrier>, store: MemoryStore): OddParts {
  const between = withMailboxes((mailbox) => ({
    settle: async (batch, settlement) => {
      await wall.pass();
      await mailbox.settle(batch, settlement);
    },
  }));
  return { store: { shared: store }, between };
}

Deno.test("stop() is legal before start(), and twice; then nothing starts any more", async () => {
  await using runtime = new OddRuntime();
  assertEquals(await runtime.supervisor.stop(1_000), true);
  assertEquals(await runtime.supervisor.stop(1_000), true);
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  assertEquals(await runtime.supervisor.ended(), { kind: "stopped" });
  assertEquals(runtime.supervisor.heapBytes, [], "no worker was started");
  assertEquals((await runtime.backend.health()).mailboxes, []);
});

Deno.test("stop() while it starts ends what was started", async () => {
  await using runtime = new OddRuntime({ options: { workers: 2 } });
  const starting = runtime.supervisor.start();
  assertEquals(await runtime.supervisor.stop(1_000), true);
  await starting;
});

Deno.test("stop() while every mailbox waits for work gives all leases back at once", async () => {
  await using runtime = new OddRuntime({ store: { partitions: 4 } });
  await runtime.supervisor.start();
  await runtime.idle();
  assertEquals(await runtime.supervisor.stop(60_000), true);
  assert((await runtime.backend.health()).mailboxes.every(({ owner }) => owner === null));
});

Deno.test("a deadline of days is not over at once", async () => {
  const wall = barrier();
  await using runtime = new OddRuntime(settlingSlowly(wall, new MemoryStore({ partitions: 1 })));
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
  await using runtime = new OddRuntime(settlingSlowly(wall, new MemoryStore({ partitions: 1 })));
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await wall.reached;
  const stopped = runtime.supervisor.stop(10_000);
  await runtime.backend.append(intakes(2));
  wall.open();
  assertEquals(await stopped, true);
  assertEquals(await runtime.answers(), eachOnce([1]));
});

Deno.test("what is not settled by the deadline is done again, once, by the next owner (I1, I2, I5)", async () => {
  const wall = barrier();
  const store = new MemoryStore({ partitions: 1 });
  await using late = new OddRuntime(settlingSlowly(wall, store));
  await late.backend.append(intakes(1));
  await late.supervisor.start();
  await wall.reached;
  assertEquals(await late.supervisor.stop(0), false);
  await late.backend.close();
  await using next = new OddRuntime({ store: { shared: store } });
  await next.supervisor.start();
  await next.seen.until("the next owner has done it", () => next.seen.done === 20);
  wall.open();
  await late.seen.until("the late one is fenced", () => late.seen.fences.length === 1);
  assertEquals(await next.answers(), eachOnce([1]));
});

Deno.test("stop() past its deadline lets go of a batch whose worker is not there", async () => {
  const options = {
    entry: new URL("../support/odd_worker_mute.ts", import.meta.url),
    startMs: 60_000,
  };
  const wall = barrier();
  const between = withMailboxes((mailbox) => ({
    async *batches(signal, gate) {
      for await (const batch of mailbox.batches(signal, gate)) yield (wall.pass(), batch);
    },
  }));
  await using runtime = new OddRuntime({ options, between });
  await runtime.backend.append(intakes(1));
  const starting = runtime.supervisor.start();
  await wall.reached;
  assertEquals(await runtime.supervisor.stop(50), false);
  // Everybody who waited for the worker went home: the second stop finds nobody.
  assertEquals(await runtime.supervisor.stop(5_000), true);
  assert((await runtime.backend.health()).mailboxes.every(({ owner }) => owner === null));
  await starting;
});

Deno.test("a fenced settle ends its actor, is told, and ends nobody else (I5, I8)", async () => {
  let fenced = false;
  const between = withMailboxes((mailbox) => ({
    settle: (batch, settlement) => {
      if (fenced || mailbox.partition !== 1) return mailbox.settle(batch, settlement);
      fenced = true;
      return Promise.reject(new Fenced(mailbox.processor, mailbox.partition, mailbox.epoch));
    },
  }));
  await using runtime = new OddRuntime({ store: { partitions: 4 }, between });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await runtime.idle();
  assertEquals(runtime.seen.fences, [{ processor: "odd", partition: 1, epoch: 1 }]);
  assertEquals(await runtime.answers(), eachOnce([1]));
});

Deno.test("a lease that others have a right to is handed over, and work goes on there (I3)", async () => {
  const shared = new MemoryStore({ partitions: 4 });
  const store = { shared, leaseMs: 300 };
  await using first = new OddRuntime({ store });
  await first.backend.append(intakes(1));
  await first.supervisor.start();
  await first.idle();
  const wall = barrier();
  let settledBySecond = 0;
  const between = withMailboxes((mailbox) => ({
    batches: (signal, gate) => (wall.pass(), mailbox.batches(signal, gate)),
    settle: (batch, settlement) => (settledBySecond += batch.count, mailbox.settle(batch, settlement)),
  }));
  await using second = new OddRuntime({ store, between, seen: first.seen });
  await second.supervisor.start();
  await wall.reached;
  await second.backend.append(intakes(2));
  await second.seen.until("both have done their share", () => second.seen.done === 40);
  assert(settledBySecond > 0);
  assertEquals(await first.answers(), eachOnce([1, 2]));
  assertEquals(first.seen.fences, []);
});

Deno.test("an unknown error of a backend is a bug: ended() rejects with it", async () => {
  const bug = new TypeError("a bug in the store");
  const between = withMailboxes(() => ({ settle: () => Promise.reject(bug) }));
  await using runtime = new OddRuntime({ between });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  assert(await assertRejects(() => runtime.supervisor.ended()) === bug);
});

/** A backend that is away `times` times, at one of a mailbox's calls. */
function away(call: "batches" | "histories" | "settle", times: number, committed = false) {
  let left = times;
  const gone = () => left-- > 0;
  const sorry = () => new BackendUnavailable("the store is away");
  return withMailboxes((mailbox) => ({
    async *batches(signal, gate) {
      if (call === "batches" && gone()) throw sorry();
      yield* mailbox.batches(signal, gate);
    },
    histories(needs, types) {
      return call === "histories" && gone() ? Promise.reject(sorry()) : mailbox.histories(needs, types);
    },
    async settle(batch, settlement) {
      const fails = call === "settle" && gone();
      if (!fails || committed) await mailbox.settle(batch, settlement);
      if (fails) throw sorry();
    },
  }));
}

for (const call of ["batches", "histories", "settle"] as const) {
  Deno.test(`a backend that is away at ${call}() is waited for, and burns no attempt`, async () => {
    await using runtime = new OddRuntime({ between: away(call, 2), options: { stateLimit: 1 } });
    await runtime.backend.append([...intakes(1), ...intakes(2)]);
    await runtime.supervisor.start();
    await runtime.seen.until("all are done", () => runtime.seen.done === 40);
    assertEquals(await runtime.answers(), eachOnce([1, 2]));
    assertEquals([runtime.seen.retries, runtime.seen.exits], [[], []]);
    // It waited in place, rather than to give back its lease and take it again as fast as it can.
    assertEquals((await runtime.backend.health()).mailboxes.map(({ epoch }) => epoch), [1]);
  });
}

Deno.test("a backend that refuses is waited for, burns no attempt, and is told with its reason (I8)", async () => {
  let left = 2;
  const between = withMailboxes((mailbox) => ({
    settle: (batch, settlement) =>
      left-- > 0
        ? Promise.reject(new BackendUnusable("the disk is full: free some"))
        : mailbox.settle(batch, settlement),
  }));
  const seen = new OddObserver();
  const told: string[] = [];
  seen.backendUnavailable = (reason) => void told.push(reason);
  seen.backendAvailable = () => void told.push("back");
  await using runtime = new OddRuntime({ between, seen });
  await runtime.backend.append(intakes(1));
  await runtime.supervisor.start();
  await seen.until("all are done", () => seen.done === 20);
  assertEquals(await runtime.answers(), eachOnce([1]));
  assertEquals(told.slice(0, 2), Array(2).fill("the disk is full: free some"));
  assertEquals([seen.retries, seen.exits], [[], []]);
});

Deno.test("effects happen once when nobody knows whether a settle was done (I2)", async () => {
  await using runtime = new OddRuntime({ between: away("settle", 3, true), store: { batchSize: 5 } });
  await runtime.backend.append([...intakes(1), oddEvent("case-3", 2, "throw_twice"), ...intakes(3)]);
  await runtime.supervisor.start();
  await runtime.idle();
  await runtime.seen.until("all but what was not answered for", () => runtime.seen.done >= 20);
  assertEquals(await runtime.answers(), { ...eachOnce([1, 3]), "case-3": [1, 2, 3] });
});

Deno.test("the trouble of one mailbox does not stop the others", async () => {
  const wall = barrier();
  const between = withMailboxes((mailbox) => ({
    settle: async (batch, settlement) => {
      if (mailbox.partition === 0) await wall.pass();
      await mailbox.settle(batch, settlement);
    },
  }));
  const shared = new MemoryStore({ partitions: 4 });
  await using runtime = new OddRuntime({ store: { shared }, between });
  await runtime.backend.append(intakes(1));
  const there = shared.log.slices[0]!.length;
  await runtime.supervisor.start();
  await wall.reached;
  await runtime.seen.until("the others are done", () => runtime.seen.done === 20 - there);
  wall.open();
  await runtime.idle();
  assertEquals(await runtime.answers(), eachOnce([1]));
});
