import { assertEquals } from "@std/assert";
import { PartitionViews } from "../../../../../../backends/nats/journal/partition/partition_views.ts";
import { StoreReads } from "../../../../../../backends/nats/journal/reads/store_reads.ts";
import { MemoryLog } from "../../../../../support/nats_log/memory_log.ts";
import { anOwner, MemoryNode } from "../../../../../support/nats_log/memory_node.ts";

/** Reads of a store with one partition. */
function readsOf(log: MemoryLog): StoreReads {
  const open = () => Promise.resolve(new MemoryNode(log, "reader").writer);
  const views = new PartitionViews({ partitions: 1, ownerOf: () => undefined, open });
  return new StoreReads({
    views,
    log: {
      last: () => Promise.resolve(log.last),
      lastOf: () => Promise.resolve(log.records().at(-1)?.record),
      firstSince: () => Promise.resolve(1),
      async *readBetween(from, to) {
        for (const each of await Promise.resolve(log.records())) {
          if (each.sequence >= from && each.sequence <= to) yield { ...each, partition: 0 };
        }
      },
    },
  });
}

Deno.test("what is no record is passed over by every read", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  const reads = readsOf(log);
  await reads.storedCounts();
  await owner.append("a", [1, 2]);
  log.append([{ payload: new Uint8Array([0, 255]) }], log.last);
  assertEquals(await reads.storedCounts(), new Map([["case.intake", 2]]));
  assertEquals((await Array.fromAsync(reads.readAll())).length, 2);
  assertEquals((await reads.listCases()).map(({ caseId, version }) => [caseId, version]), [["a", 2]]);
  assertEquals(await reads.findStopped("dead", {}), []);
});

Deno.test("reading up to a time ends where every partition is behind it", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  await owner.append("a", [1]);
  const reads = readsOf(log);
  assertEquals(await Array.fromAsync(reads.readAll({ toTime: new Date(999).toISOString() })), []);
  assertEquals((await Array.fromAsync(reads.readAll({ toTime: new Date(1_000).toISOString() }))).length, 1);
});
