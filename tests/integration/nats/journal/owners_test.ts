/**
 * The protocol of owners on a real server: directed cases, each with what becomes of it without the rule that it is about, and
 * a run in which owners are taken over from and the server is killed while producers append.
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../../backends/errors.ts";
import type { PartitionLog } from "../../../../backends/nats/journal/partition/partition_log.ts";
import { OwnershipLost } from "../../../../backends/nats/journal/partition/record_writer.ts";
import { retryWhileUnavailable } from "../../../../backends/primitives/retry.ts";
import { override } from "../../../../backends/primitives/override.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import { anEvent } from "../../../support/events.ts";
import { LogNode, type LogPlace, makeLog } from "../../../support/nats_log/log_node.ts";
import { pendingEvent } from "../../../support/nats_log/records.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";

const anAppend = (n: number) => ({ events: [pendingEvent("c", n)], expected: "any" } as const);

/** The kinds, epochs and versions in a partition. */
async function contentOf(node: LogNode): Promise<string[]> {
  return (await node.records(0)).map(({ record }) =>
    record.kind === "malformed"
      ? "malformed"
      : `${record.head.kind} ${record.head.epoch} ${record.events.map(({ version }) => version)}`.trim()
  );
}

/** What becomes of one write of an owner: whether it reaches the server, and what happens before its owner knows. */
function faultOnce(arrives: boolean, meanwhile: () => Promise<unknown>) {
  let isArmed = false;
  const around = (log: PartitionLog): PartitionLog =>
    override(log, {
      async append(payloads, last) {
        if (!isArmed) return await log.append(payloads, last);
        isArmed = false;
        if (arrives) await log.append(payloads, last);
        await meanwhile();
        throw new BackendUnavailable("no answer");
      },
    });
  return { around, arm: () => void (isArmed = true) };
}

let server: TestNats;
natsTest.beforeAll(async () => void (server = await startNats({ syncAlways: false })));
natsTest.afterAll(() => server[Symbol.asyncDispose]());

let stores = 0;

/** A case of two nodes and a store of its own. */
function directed(name: string, work: (old: LogNode, next: LogNode) => Promise<void>): void {
  natsTest(name, async () => {
    const place = { url: server.url, stream: `LOG_${++stores}`, partitions: 1 };
    await makeLog(place);
    await using old = await LogNode.open(place, "old");
    await using next = await LogNode.open(place, "next");
    await work(old, next);
  });
}

directed("an answer that is lost: the record is found, and is there once", async (old) => {
  const fault = faultOnce(true, () => Promise.resolve());
  const owner = old.writer(0, fault.around);
  await owner.takeOver();
  fault.arm();
  assertEquals((await owner.append(anAppend(1))).version, 1);
  await owner.append(anAppend(2));
  assertEquals(await contentOf(old), ["take 1", "own 1 1", "own 1 2"]);
});

directed("a request that is lost: the same record is sent again", async (old) => {
  const fault = faultOnce(false, () => Promise.resolve());
  const owner = old.writer(0, fault.around);
  await owner.takeOver();
  fault.arm();
  assertEquals((await owner.append(anAppend(1))).version, 1);
  assertEquals(await contentOf(old), ["take 1", "own 1 1"]);
});

directed("a request that is lost while another node takes over is never stored", async (old, next) => {
  const fault = faultOnce(false, () => next.takeOver(0));
  const owner = old.writer(0, fault.around);
  await owner.takeOver();
  fault.arm();
  await assertRejects(() => owner.append(anAppend(1)), OwnershipLost);
  assertEquals(await contentOf(old), ["take 1", "take 2"]);
});

directed(
  "an own record that is found beside a newer epoch is the last one of its owner",
  async (old, next) => {
    const fault = faultOnce(true, () => next.takeOver(0));
    const owner = old.writer(0, fault.around);
    await owner.takeOver();
    fault.arm();
    assertEquals((await owner.append(anAppend(1))).version, 1);
    await assertRejects(() => owner.append(anAppend(2)), OwnershipLost);
    assertEquals(await contentOf(old), ["take 1", "own 1 1", "take 2"]);
  },
);

directed("an owner that wakes after a takeover is stopped by its expectation", async (old, next) => {
  const owner = await old.takeOver(0);
  await next.takeOver(0);
  assert(owner.isOwner);
  await assertRejects(() => owner.append(anAppend(1)), OwnershipLost);
  assertEquals(await contentOf(old), ["take 1", "take 2"]);
});

directed("without the expectation it writes under its old epoch", async (old, next) => {
  const lastOf = async (log: PartitionLog) =>
    (await Array.fromAsync(log.readBehind(0))).at(-1)?.sequence ?? 0;
  const without = (log: PartitionLog) =>
    override(log, { append: async (payloads) => await log.append(payloads, await lastOf(log)) });
  const owner = old.writer(0, without);
  await owner.takeOver();
  await next.takeOver(0);
  await owner.append(anAppend(1));
  assertEquals(await contentOf(old), ["take 1", "take 2", "own 1 1"]);
});

directed(
  "an owner that dies between commit and answer: the next one says what was stored",
  async (old, next) => {
    const fault = faultOnce(true, () => old[Symbol.asyncDispose]());
    const owner = old.writer(0, fault.around);
    await owner.takeOver();
    fault.arm();
    await assertRejects(() => owner.append(anAppend(1)), BackendUnavailable);
    const { duplicates, version } = await (await next.takeOver(0)).append(anAppend(1));
    assertEquals([duplicates, version], [1, 1]);
    assertEquals(await contentOf(next), ["take 1", "own 1 1", "take 2"]);
  },
);

directed(
  "two nodes with one partition: what is asked is answered once, by the one that has it",
  async (old, next) => {
    await old.takeOver(0);
    await next.takeOver(0);
    await using producer = await LogNode.open(old.place, "producer");
    for (const n of [1, 2, 3]) {
      assertEquals((await producer.appender.append([anEvent("c", n)], { exact: n - 1 })).version, n);
    }
    assertEquals(await contentOf(old), ["take 1", "take 2", "own 2 1", "own 2 2", "own 2 3"]);
  },
);

directed("without an owner nodes compare and set, and count on from each other", async (old, next) => {
  const answers = await Promise.all(
    [1, 2, 3, 4].map((n) => (n % 2 === 0 ? old : next).appender.append([anEvent("c", n)], "any")),
  );
  assertEquals(answers.map(({ version }) => version).sort(), [1, 2, 3, 4]);
  assert((await contentOf(old)).every((content) => content.startsWith("direct 0")));
});

const PARTITIONS = 2;
const PRODUCERS = 6;
/** Acknowledged appends between two faults. */
const APPENDS_BETWEEN = 60;

natsTest(
  "owners that are taken over from and a server that is killed lose nothing and store nothing twice",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const place = { url: server.url, stream: "LOG", partitions: PARTITIONS };
    await makeLog(place);
    await using one = await LogNode.open(place, "one");
    await using other = await LogNode.open(place, "other");
    const run = new Run();
    const producing = Promise.all(Array.from({ length: PRODUCERS }, (_, p) => run.produce(place, p)));
    for (const partition of [0, 1]) await one.takeOver(partition);
    for (
      const act of [
        () => other.takeOver(0),
        () => restart(server),
        () => Promise.all([one.takeOver(0), other.takeOver(1)]),
        () => restart(server),
        () => other.takeOver(0),
      ]
    ) {
      await run.acknowledgedMore(APPENDS_BETWEEN);
      await retried(act);
    }
    await run.acknowledgedMore(APPENDS_BETWEEN);
    run.stop();
    await producing;
    for (const partition of [0, 1]) run.compare(partition, await one.records(partition));
  },
);

async function restart(server: TestNats): Promise<void> {
  await server.kill9();
  await server.start();
}

/** A node tries a takeover until it has it. */
async function retried(act: () => Promise<unknown>): Promise<void> {
  try {
    await retryWhileUnavailable(act, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof OwnershipLost)) throw error;
    await retried(act);
  }
}

/** Producers that append until they are acknowledged, and what they were told. */
class Run {
  readonly #versions = new Map<string, number>();
  #waiting: { count: number; resolve: () => void } | undefined;
  readonly #never = new AbortController().signal;
  #isOver = false;

  async produce(place: LogPlace, producer: number): Promise<void> {
    await using node = await LogNode.open(place, `producer-${producer}`);
    for (let n = 0; !this.#isOver; n++) {
      const event = anEvent(`case-${n % 20}`, 1_000 * producer + n);
      const append = () => node.appender.append([event], "any");
      const { version } = await retryWhileUnavailable(append, this.#never);
      this.#acknowledge(event.event_id, version);
    }
  }

  /** Resolves once so many more are acknowledged. */
  acknowledgedMore(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { count: this.#versions.size + count, resolve };
    return promise;
  }

  stop(): void {
    this.#isOver = true;
  }

  #acknowledge(eventId: string, version: number): void {
    this.#versions.set(eventId, version);
    if (this.#versions.size >= (this.#waiting?.count ?? Infinity)) this.#waiting!.resolve();
  }

  /** Everything acknowledged is there once, at the version that was told; versions have no gaps, and epochs never go back. */
  compare(partition: number, records: Awaited<ReturnType<LogNode["records"]>>): void {
    const versions = new Map<string, number>();
    const stored = new Map<string, number>();
    let epoch = 0;
    for (const { record } of records) {
      if (record.kind === "malformed") throw new Error(record.reason);
      assert(record.head.epoch >= epoch);
      epoch = record.head.epoch;
      for (const { caseId, eventId, version } of record.events) {
        assertEquals(partitionOf(caseId, PARTITIONS), partition);
        assertEquals(version, (versions.get(caseId) ?? 0) + 1);
        versions.set(caseId, version);
        assert(!stored.has(eventId));
        stored.set(eventId, version);
      }
    }
    for (const [eventId, version] of stored) assertEquals(this.#versions.get(eventId), version);
    const own = [...this.#versions.keys()].filter((eventId) => stored.has(eventId));
    this.#compared += own.length;
    if (partition === PARTITIONS - 1) assertEquals(this.#compared, this.#versions.size);
  }

  #compared = 0;
}
