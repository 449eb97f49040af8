import { assert, assertEquals } from "@std/assert";
import { processors } from "../../actors/application.ts";
import type { PassFeed } from "../../backends/mailbox/pass.ts";
import { PrioritySemaphore } from "../../backends/primitives/priority_semaphore.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import { generateCases } from "../../simulators/case_generator.ts";
import { overrideFeeds, overrideMailboxes } from "../support/overridden_backend.ts";
import { misbehavingEvent } from "../support/misbehaving/processor.ts";
import { TestRuntime } from "../support/misbehaving/runtime.ts";

/** Counts what is between being read and being settled, and the most there ever was. */
class BatchCounts {
  batches = 0;
  bytes = 0;
  most = { batches: 0, bytes: 0 };

  readonly between = overrideMailboxes((mailbox) => {
    const count = (each: 1 | -1, bytes: number) => this.#count(each, each * bytes);
    return {
      async *batches(signal, permits) {
        for await (const batch of mailbox.batches(signal, permits)) {
          count(1, batch.lines.length);
          yield batch;
          count(-1, batch.lines.length);
        }
      },
      passes: overrideFeeds(mailbox.passes, (feed) => this.#countPasses(feed)),
    };
  });

  /** A pass is in hand until it is settled, or left. */
  #countPasses(feed: PassFeed): Partial<PassFeed> {
    let inHand = 0;
    const counts = this.#count.bind(this);
    const release = () => {
      if (inHand > 0) counts(-1, -inHand);
      inHand = 0;
    };
    return {
      async fetch(signal) {
        const fetched = await feed.fetch(signal);
        inHand = fetched.lines.length;
        if (inHand > 0) counts(1, inHand);
        return fetched;
      },
      commit: (settlement, signal) => feed.commit(settlement, signal).finally(release),
      setMembers: (owners) => (release(), feed.setMembers(owners)),
    };
  }

  #count(batches: number, bytes: number): void {
    this.batches += batches;
    this.bytes += bytes;
    this.most.batches = Math.max(this.most.batches, this.batches);
    this.most.bytes = Math.max(this.most.bytes, this.bytes);
  }
}

Deno.test("batches and bytes in flight stay under their bound, whatever the backlog (I6)", async () => {
  const counts = new BatchCounts();
  const store = { partitions: 16, batchSize: 10, batchBytes: 3_000 };
  const options = { workers: 2, prefetch: 2 };
  await using runtime = new TestRuntime({ store, options, wrap: counts.between });
  await runtime.backend.append(Array.from({ length: 2_000 }, (_, i) => misbehavingEvent(`case-${i}`, 1)));
  await runtime.supervisor.start();
  await runtime.waitUntilIdle();
  assertEquals(runtime.observer.done, 2_000);
  assertEquals(counts.most.batches, 4, "both workers were kept busy, and no more than that was read");
  assert(counts.most.bytes <= 4 * 3_000, `${counts.most.bytes} bytes were in flight`);
});

Deno.test("cases that were begun are finished before others begin, so their states are still at hand", async () => {
  const store = { partitions: 8, batchSize: 40 };
  const entry = new URL("../../actors/worker/worker.ts", import.meta.url);
  const options = { entry, deliveryTimeoutMs: 5_000, hangMs: 20_000 };
  await using runtime = new TestRuntime({ store, options, processors });
  await runtime.run(
    [...generateCases({ seed: "begun", count: 2_000 })].map(({ event }) => withTwoDecimals(event)),
  );
  let [underWay, most] = [0, 0];
  for await (const { event: { event_type: type } } of runtime.backend.readAll()) {
    if (type === "case.analysis") most = Math.max(most, ++underWay);
    if (type === "case.decision" || type === "case.review_requested") underWay--;
  }
  assert(most > 0 && most < 400, `${most} of 2,000 cases were analysed and not yet decided`);
});

Deno.test("a mailbox that waits for work takes no place", async () => {
  await using runtime = new TestRuntime({ store: { partitions: 8 }, options: { prefetch: 1 } });
  await runtime.supervisor.start();
  for (let n = 1; n <= 3; n++) {
    await runtime.backend.append(Array.from({ length: 40 }, (_, i) => misbehavingEvent(`case-${i}`, n)));
    await runtime.observer.waitUntil("all are done", () => runtime.observer.done === 40 * n);
  }
  assertEquals(Object.keys(await runtime.answers()).length, 40);
});

Deno.test("a gate lets in so many at once, in order of arrival", async () => {
  const permits = new PrioritySemaphore(2);
  const { signal } = new AbortController();
  const came: number[] = [];
  const leaves = [await permits.acquire(signal), await permits.acquire(signal)];
  const waiting = [1, 2, 3].map(async (n) => {
    const leave = await permits.acquire(signal);
    came.push(n);
    leave?.();
  });
  assertEquals([permits.inUse, came], [2, []]);
  leaves[0]!();
  // Leaving twice must not let in two.
  leaves[0]!();
  await Promise.all(waiting);
  assertEquals([permits.inUse, came], [1, [1, 2, 3]]);
  leaves[1]!();
  assertEquals(permits.inUse, 0);
});

Deno.test("of those who wait at a gate the highest rank goes in first, and in the end everybody does", async () => {
  const permits = new PrioritySemaphore(1);
  const { signal } = new AbortController();
  const leave = await permits.acquire(signal);
  const came: number[] = [];
  const enter = async (rank: number): Promise<void> => {
    const out = await permits.withPriority(rank).acquire(signal);
    if (came.push(rank) < 400 && rank === 2) void enter(rank);
    out?.();
  };
  // Those of rank 2 come again and again.
  const all = [0, 1, 2, 2].map(enter);
  leave!();
  await Promise.all(all.slice(0, 2));
  assertEquals(came.slice(0, 2), [2, 2]);
  assert(came.indexOf(0) > 2 && came.indexOf(0) < 250, "the lowest rank came in, and late");
});

Deno.test("whoever comes late can't take the place of who waits", async () => {
  const permits = new PrioritySemaphore(1);
  const { signal } = new AbortController();
  const leave = await permits.acquire(signal);
  const came: string[] = [];
  const enter = (who: string) => permits.acquire(signal).then((out) => (came.push(who), out));
  const early = enter("early");
  leave!();
  const late = enter("late");
  (await early)!();
  (await late)!();
  assertEquals(came, ["early", "late"]);
});

Deno.test("who waits at a gate goes home when its signal aborts, and takes no place", async () => {
  const permits = new PrioritySemaphore(1);
  const leave = await permits.acquire(new AbortController().signal);
  const stop = new AbortController();
  const waiting = permits.acquire(stop.signal);
  stop.abort();
  assertEquals(await waiting, undefined);
  leave!();
  assertEquals(permits.inUse, 0);
  assertEquals(await permits.acquire(stop.signal), undefined);
  assertEquals(permits.inUse, 0);
});
