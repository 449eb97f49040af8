import { assertEquals, assertRejects } from "@std/assert";
import { PartitionViews } from "../../../../../../backends/nats/journal/partition/partition_views.ts";
import { BackendUnavailable } from "../../../../../../backends/errors.ts";
import { MemoryLog } from "../../../../../support/nats_log/memory_log.ts";
import { anOwner, MemoryNode } from "../../../../../support/nats_log/memory_node.ts";

Deno.test("a view has what was written by the time of the call, and is opened once", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  let opened = 0;
  const open = () => Promise.resolve((opened++, new MemoryNode(log, "reader").writer));
  const views = new PartitionViews({ partitions: 1, ownerOf: () => undefined, open });
  for (const n of [1, 2]) {
    await owner.append("a", [n]);
    assertEquals((await (await views.view(0)).caseEvents("a")).length, n);
  }
  assertEquals(opened, 1);
});

Deno.test("an owner's own partition is its view, until another one has taken it", async () => {
  const log = new MemoryLog();
  const owner = await anOwner(log);
  const open = () => Promise.resolve(new MemoryNode(log, "reader").writer);
  const views = new PartitionViews({ partitions: 1, ownerOf: () => owner.writer, open });
  assertEquals(await views.view(0) === owner.writer, true);
  const next = new MemoryNode(log, "next");
  await next.writer.takeOver();
  await next.append("a", [1]);
  assertEquals((await (await views.view(0)).caseEvents("a")).length, 1);
});

Deno.test("a view that could not be opened is opened by the next call", async () => {
  const log = new MemoryLog();
  let tries = 0;
  const open = () =>
    tries++ === 0
      ? Promise.reject(new BackendUnavailable("away"))
      : Promise.resolve(new MemoryNode(log, "reader").writer);
  const views = new PartitionViews({ partitions: 1, ownerOf: () => undefined, open });
  await assertRejects(() => views.view(0), BackendUnavailable);
  assertEquals((await views.view(0)).state.last, 0);
});
