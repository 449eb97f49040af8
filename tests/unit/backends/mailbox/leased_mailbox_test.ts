import { assert, assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable, StoreLost } from "../../../../backends/errors.ts";
import type { Batch } from "../../../../backends/mailbox/batch.ts";
import { LeasedMailbox } from "../../../../backends/mailbox/leased_mailbox.ts";
import { withPasses } from "../../../../backends/mailbox/leased_passes.ts";
import type { PassStore } from "../../../../backends/mailbox/pass.ts";
import { Lease } from "../../../../backends/mailbox/lease.ts";
import { LeaseManager } from "../../../../backends/mailbox/lease_manager.ts";
import type { LeaseStore } from "../../../../backends/mailbox/lease_store.ts";
import { Fenced, type Settlement } from "../../../../backends/mailbox/mailbox.ts";
import type {
  FetchResult,
  MailboxStore,
  MailboxSubscriber,
  SettleStatus,
} from "../../../../backends/mailbox/mailbox_store.ts";
import { systemClock } from "../../../../backends/primitives/clock.ts";
import { PrioritySemaphore } from "../../../../backends/primitives/priority_semaphore.ts";

/** A batch of one delivery, at the position behind `from`. */
function batchAt(from: number): Batch {
  const lines = new TextEncoder().encode(`${from + 1}\t…`);
  return { kind: "fresh", lines, count: 1, from, to: from + 1 };
}

function foundAt(from: number): FetchResult {
  return { kind: "fetched", batch: batchAt(from), checkpoint: from, nextDueMs: Infinity };
}

const nothing: FetchResult = { kind: "fetched", batch: undefined, checkpoint: 0, nextDueMs: Infinity };
const plain: Settlement = { outputs: new Uint8Array(), outputTypes: {}, failures: [], timers: [] };

/** A store that finds what is next of `results`, and answers settlements with what is next of `statuses`. */
class FakeStore implements MailboxStore {
  fetches = 0;
  readonly subscribers = new Set<MailboxSubscriber>();
  readonly passes: PassStore = {
    fetchPass: () => Promise.reject(new BackendUnavailable("no answer")),
    commitPass: () => this.commit(),
  };

  constructor(readonly results: (FetchResult | Error)[], readonly statuses: (SettleStatus | Error)[] = []) {}

  fetch(): Promise<FetchResult> {
    this.fetches++;
    return answer(this.results.shift() ?? nothing);
  }

  commit(): Promise<SettleStatus> {
    return answer(this.statuses.shift() ?? "settled");
  }

  markInFlight(): Promise<"marked" | "fenced"> {
    return Promise.resolve("fenced");
  }

  histories(): Promise<string> {
    return Promise.resolve("");
  }

  subscribe(subscriber: MailboxSubscriber): void {
    this.subscribers.add(subscriber);
  }

  unsubscribe(subscriber: MailboxSubscriber): void {
    this.subscribers.delete(subscriber);
  }
}

function answer<T>(result: T | Error): Promise<T> {
  return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
}

/** A mailbox over such a store, and its feed under a semaphore of one large permit. */
function mailboxOver(store: FakeStore) {
  const leaseStore: LeaseStore = {
    node: "here",
    renew: () => Promise.resolve([]),
    overview: () => Promise.resolve({ partitions: 4, nodes: [], running: [], paused: [], drained: [] }),
    acquire: () => Promise.resolve([]),
    join: () => Promise.resolve([]),
    clearMark: () => Promise.resolve(),
    release: () => Promise.resolve(),
    leave: () => Promise.resolve(),
  };
  const outages: boolean[] = [];
  const onAvailabilityChange = (error?: BackendUnavailable) => void outages.push(error !== undefined);
  const leases = new LeaseManager(leaseStore, {
    renewMs: Infinity,
    clock: systemClock,
    onAvailabilityChange,
  });
  const limits = { batchSize: 10, batchBytes: 1_000 };
  const lost = new AbortController();
  const context = withPasses({
    ...{ store, leases, limits, clock: systemClock, onAvailabilityChange, lost: lost.signal },
  });
  const lease = new Lease({ key: { scope: "", partition: 3 }, epoch: 7, hosted: [] });
  const mailbox = new LeasedMailbox(context, lease.giveOut("next"), {
    name: "next",
    version: 1,
    takes: ["case.analysis"],
  });
  const ended = new AbortController();
  const semaphore = new PrioritySemaphore(1);
  const batches = mailbox.batches(ended.signal, semaphore);
  const next = async () => (await batches.next()).value as Batch;
  return { mailbox, lease, semaphore, next, ended, outages, batches, lost };
}

/** Lets everything act that can. */
const settleDown = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("an idle mailbox that is handed its next batch fetches nothing for it", async () => {
  const store = new FakeStore([]);
  const { mailbox, next, ended } = mailboxOver(store);
  const waits = next();
  await settleDown();
  mailbox.deliver(foundAt(5), mailbox.tryReserve()!);
  const batch = await waits;
  assertEquals(batch.from, 5);
  await mailbox.settle(batch, plain);
  void next();
  await settleDown();
  assertEquals([store.fetches, mailbox.isIdle], [1, true], "what it was handed it knows to be all there is");
  ended.abort();
});

Deno.test("a mailbox that is notified while it has what it was handed fetches afterwards (I1)", async () => {
  const { mailbox, next, ended } = mailboxOver(new FakeStore([nothing, foundAt(8)]));
  const waits = next();
  await settleDown();
  mailbox.deliver(foundAt(5), mailbox.tryReserve()!);
  mailbox.notify();
  const batch = await waits;
  await mailbox.settle(batch, plain);
  assertEquals([batch.from, (await next()).from], [5, 8]);
  ended.abort();
});

Deno.test("a mailbox that has just been notified fetches for itself, and takes nothing that may be older", async () => {
  const { mailbox, next, semaphore, ended } = mailboxOver(new FakeStore([nothing, foundAt(4)]));
  const waits = next();
  await settleDown();
  const permit = mailbox.tryReserve()!;
  mailbox.notify();
  mailbox.deliver(foundAt(5), permit);
  assertEquals([(await waits).from, semaphore.inUse], [4, 0.25]);
  ended.abort();
});

Deno.test("a mailbox that is handed something while it is at work fetches for itself afterwards", async () => {
  const { mailbox, next, ended } = mailboxOver(new FakeStore([foundAt(4), foundAt(5)]));
  const batch = await next();
  assertEquals(mailbox.tryReserve(), undefined);
  mailbox.deliver(foundAt(9), () => {});
  await mailbox.settle(batch, plain);
  assertEquals((await next()).from, 5);
  ended.abort();
});

Deno.test("a mailbox that is stopped with what it was handed gives no batch, and its permit back", async () => {
  const { mailbox, next, semaphore, ended } = mailboxOver(new FakeStore([]));
  const waits = next();
  await settleDown();
  mailbox.deliver(foundAt(5), mailbox.tryReserve()!);
  assertEquals(semaphore.inUse, 0.25);
  ended.abort();
  assertEquals([await waits, semaphore.inUse], [undefined, 0]);
});

Deno.test("a permit is acquired before anything is read, and an idle mailbox holds none (I6)", async () => {
  const store = new FakeStore([foundAt(7)]);
  const { mailbox, next, semaphore, ended } = mailboxOver(store);
  const release = (await semaphore.acquire(ended.signal))!;
  const waits = next();
  await settleDown();
  assertEquals(store.fetches, 0);
  release();
  const batch = await waits;
  assertEquals(semaphore.inUse, 1);
  await mailbox.settle(batch, plain);
  void next();
  await settleDown();
  assertEquals([mailbox.isIdle, semaphore.inUse], [true, 0]);
  const other = (await semaphore.acquire(ended.signal))!;
  assertEquals(mailbox.tryReserve(), undefined, "where there is no room nothing is read for it");
  other();
  ended.abort();
});

Deno.test("a batch of which only a slice was settled, or with a failure, is followed by a fetch", async () => {
  const failed = { ...plain, failures: [{} as Settlement["failures"][number]] };
  for (const [to, settlement] of [[4, plain], [5, failed]] as const) {
    const store = new FakeStore([foundAt(4)]);
    const { mailbox, next, ended } = mailboxOver(store);
    const batch = await next();
    await mailbox.settle({ ...batch, to }, settlement);
    void next();
    await settleDown();
    assertEquals(store.fetches, 2);
    ended.abort();
  }
});

Deno.test("a store that is unavailable is asked again, and the outage and its end are reported", async () => {
  const outage = new BackendUnavailable("no answer");
  const { mailbox, next, outages, ended } = mailboxOver(
    new FakeStore([outage, foundAt(4)], [outage, "already"]),
  );
  await mailbox.settle(await next(), plain);
  assertEquals(outages, [true, false, true, false]);
  ended.abort();
});

Deno.test("a store that answers that the lease has moved revokes the mailbox (I5)", async () => {
  const fetching = mailboxOver(new FakeStore([{ kind: "fenced" }]));
  assertEquals([await fetching.next(), fetching.mailbox.revoked.aborted], [undefined, true]);
  const fenced = mailboxOver(new FakeStore([foundAt(4)], ["fenced"]));
  const batch = await fenced.next();
  const error = await assertRejects(() => fenced.mailbox.settle(batch, plain), Fenced);
  assertEquals([error.processor, error.partition, error.epoch], ["next", 3, 7]);
  assert(fenced.mailbox.revoked.aborted);
  const marking = mailboxOver(new FakeStore([]));
  await assertRejects(() => marking.mailbox.markInFlight({ first: 1, last: 1, exclusive: true }), Fenced);
  assert(marking.mailbox.revoked.aborted);
  const handed = mailboxOver(new FakeStore([]));
  const waits = handed.next();
  await settleDown();
  handed.mailbox.deliver({ kind: "fenced" }, handed.mailbox.tryReserve()!);
  assertEquals([await waits, handed.semaphore.inUse], [undefined, 0]);
});

Deno.test("an idle mailbox looks again when the next parked delivery is due", async () => {
  const { next, ended } = mailboxOver(
    new FakeStore([{ ...nothing, nextDueMs: 5 } as FetchResult, foundAt(2)]),
  );
  assertEquals((await next()).from, 2);
  ended.abort();
});

const FOR_EVER = new AbortController().signal;

Deno.test("what is settled ends with the store that is lost, whether it is refused or given no answer", async () => {
  const outages = Array.from({ length: 50 }, () => new BackendUnavailable("no answer"));
  const silence = Promise.withResolvers<SettleStatus>().promise;
  for (const store of [new FakeStore([foundAt(4)], outages), new FakeStore([foundAt(4)])]) {
    if (store.statuses.length === 0) store.commit = () => silence;
    const { mailbox, next, lost, ended } = mailboxOver(store);
    const pass = mailbox.passes!.open(3).commit({ ...plain, moves: [] }, FOR_EVER);
    const settled = mailbox.settle(await next(), plain);
    const ends = Promise.all([pass, settled].map((each) => assertRejects(() => each, StoreLost, "gone")));
    await settleDown();
    lost.abort(new StoreLost("gone"));
    await ends;
    await assertRejects(() => mailbox.histories([], []), StoreLost);
    ended.abort();
  }
});

Deno.test("a mailbox that is closed is notified no more, and a settle that waits for the store gives up", async () => {
  const store = new FakeStore(
    [foundAt(4)],
    Array.from({ length: 50 }, () => new BackendUnavailable("no answer")),
  );
  const { mailbox, next, ended } = mailboxOver(store);
  assertEquals(store.subscribers.size, 1);
  const settles = assertRejects(async () => mailbox.settle(await next(), plain), BackendUnavailable);
  await settleDown();
  await mailbox.close();
  await settles;
  assertEquals(store.subscribers.size, 0);
  ended.abort();
});
