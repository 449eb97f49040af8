/** The partitions of a node: those it owns and serves, those it views, and what becomes of them. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { Admission } from "../../../../../../backends/nats/authority/admission.ts";
import { Partitions } from "../../../../../../backends/nats/journal/leases/partitions.ts";
import { MemoryHeads } from "../../../../../support/nats_log/memory_heads.ts";
import {
  type KnownState,
  NOTHING_KNOWN,
} from "../../../../../../backends/nats/journal/partition/log_state.ts";
import { openedInMemory } from "../../../../../support/nats_log/memory_partition.ts";
import { OwnershipLost } from "../../../../../../backends/nats/journal/partition/record_writer.ts";
import { LogSubjects } from "../../../../../../schema/nats/log.ts";
import { MemoryLog, MemoryLogClient } from "../../../../../support/nats_log/memory_log.ts";
import { pendingEvent } from "../../../../../support/nats_log/records.ts";
import { RequestBus } from "../../../../../support/nats_log/request_bus.ts";

interface Seen {
  readonly lost: number[];
  readonly known: number[];
  readonly records: number[];
}

/** A node's partitions on a log, and what it was told of them. */
function nodeOn(log: MemoryLog, node: string, { bus = new RequestBus(), known }: {
  readonly bus?: RequestBus;
  readonly known?: KnownState;
} = {}) {
  const seen: Seen = { lost: [], known: [], records: [] };
  const partitions = new Partitions({
    client: bus,
    subjects: new LogSubjects("cases"),
    partitions: 1,
    admission: { admitted: () => Promise.reject(new Error("Nobody asks")) } as unknown as Admission,
    registered: () => [],
    node,
    signal: new AbortController().signal,
    onAvailabilityChange: () => {},
    now: () => 1_000,
    log: () => new MemoryLogClient(log),
    open: () => Promise.resolve(openedInMemory(new MemoryHeads(), known)),
    onRecord: (_, { sequence }) => void seen.records.push(sequence),
    onKnown: (last) => void seen.known.push(last),
    onStalled: () => {},
    onLost: (partition) => void seen.lost.push(partition),
  });
  return { partitions, seen, bus };
}

const PROCESSORS = [{ name: "p", takes: ["case.intake"] }];
const appendOf = (caseId: string) => ({ events: [pendingEvent(caseId, 1)], expected: "any" as const });

Deno.test("a partition that is taken is owned, and its view is the owner", async () => {
  const { partitions } = nodeOn(new MemoryLog(), "one");
  assertEquals(partitions.ownerOf(0), undefined);
  const taken = await partitions.take(0, PROCESSORS);
  assertEquals([taken?.epoch, taken?.hosted.map(({ processor }) => processor)], [1, ["p"]]);
  assertEquals(await partitions.view(0) === partitions.ownerOf(0), true);
  assertEquals(partitions.owned.map(({ partition }) => partition), [0]);
  await partitions.close();
});

Deno.test("another node takes it: this one reads of it, owns nothing more, and its writes are refused", async () => {
  const log = new MemoryLog();
  const [one, other] = [nodeOn(log, "one"), nodeOn(log, "other")];
  await one.partitions.take(0, PROCESSORS);
  const before = one.partitions.ownerOf(0)!;
  assertEquals((await other.partitions.take(0, PROCESSORS))?.epoch, 2);
  await one.partitions.readOn(0);
  assertEquals([one.partitions.ownerOf(0), one.partitions.owned], [undefined, []]);
  await assertRejects(() => before.append(appendOf("a")), OwnershipLost);
  await one.partitions.close();
  await other.partitions.close();
});

Deno.test("one that is given up leaves no crash behind, and is served no more", async () => {
  const log = new MemoryLog();
  const bus = new RequestBus();
  const { partitions } = nodeOn(log, "one", { bus });
  await partitions.take(0, PROCESSORS);
  await partitions.release(0);
  assertEquals(partitions.ownerOf(0), undefined);
  await assertRejects(() => bus.request("cases-commit.0.x", new Uint8Array()));
  const next = nodeOn(log, "next");
  const taken = await next.partitions.take(0, PROCESSORS);
  assertEquals(taken?.hosted, [{ processor: "p", crashedOwner: undefined }]);
  await next.partitions.close();
});

Deno.test("one that died leaves a crash behind", async () => {
  const log = new MemoryLog();
  await nodeOn(log, "dead").partitions.take(0, PROCESSORS);
  const next = nodeOn(log, "next");
  const taken = await next.partitions.take(0, PROCESSORS);
  assertEquals(taken?.hosted, [{ processor: "p", crashedOwner: {} }]);
  await next.partitions.close();
});

Deno.test("a view has what others wrote, and its node is told of each record", async () => {
  const log = new MemoryLog();
  const owner = nodeOn(log, "owner");
  await owner.partitions.take(0, PROCESSORS);
  await owner.partitions.ownerOf(0)!.append(appendOf("a"));
  const reader = nodeOn(log, "reader");
  const view = await reader.partitions.view(0);
  assertEquals((await view.caseEvents("a")).length, 1);
  assertEquals(reader.seen.records, log.records().map(({ sequence }) => sequence));
  await reader.partitions.close();
  await owner.partitions.close();
});

Deno.test("what an index knows of a log is told when it is opened: a log that is shorter is another one", async () => {
  const log = new MemoryLog();
  const known = { ...NOTHING_KNOWN, last: 20 };
  const { partitions, seen } = nodeOn(log, "reader", { known });
  await partitions.view(0);
  assertEquals([seen.known, seen.records], [[20], []]);
  await partitions.close();
});
