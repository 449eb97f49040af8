/** Reading a store of records on a real server: by case, position, time and type, and what is put together of all partitions. @module */
import { assert, assertEquals } from "@std/assert";
import { anEvent, casesIn, someEvents } from "../../../support/events.ts";
import { StoreReads } from "../../../../backends/nats/journal/reads/store_reads.ts";
import type { PartitionWriter } from "../../../../backends/nats/journal/partition/partition_writer.ts";
import type { RecordChanges } from "../../../../backends/nats/journal/record/record.ts";
import { LogNode, makeLog } from "../../../support/nats_log/log_node.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { startNats } from "../../../support/servers/nats_server.ts";

const [[a], [b]] = [casesIn(0, 2, 1), casesIn(1, 2, 1)] as [[string], [string]];
const iso = (ms: number) => new Date(ms).toISOString();

async function openStore() {
  const server = await startNats({ syncAlways: false });
  const place = { url: server.url, stream: "LOG", partitions: 2 };
  await makeLog(place);
  return { server, place };
}

/** Adds changes to the next record of a partition. */
function change(writer: PartitionWriter, changes: Partial<RecordChanges>): Promise<void> {
  return writer.submit({
    size: { events: 0, bytes: 0 },
    addTo(plan) {
      plan.changes.parked.push(...changes.parked ?? []);
      plan.changes.trail.push(...changes.trail ?? []);
      return Promise.resolve(() => {});
    },
  });
}

natsTest("events are read by case, position, time and type, by whoever wrote them", async () => {
  const { server, place } = await openStore();
  await using _server = server;
  await using writer = await LogNode.open(place, "writer");
  await using reader = await LogNode.open(place, "reader");
  await writer.takeOver(0);
  const reads = new StoreReads(reader.reads);
  assertEquals(await Array.fromAsync(reads.readAll()), []);
  assertEquals(await Array.fromAsync(reads.readAll({ fromTime: iso(0) })), []);

  await writer.appender.append(someEvents(a, 3), "any");
  await writer.client.request("log-log.1", "no record");
  await writer.appender.append([anEvent(b, 1, "case.analysis"), anEvent(b, 2)], "any");
  await writer.appender.append([anEvent(a, 9, "case.decision")], "any");
  const all = await Array.fromAsync(reads.readAll());
  assertEquals(all.map(({ event }) => event.correlation_id), [a, a, a, b, b, a]);
  assertEquals(all.map(({ version }) => version), [1, 2, 3, 1, 2, 4]);
  assertEquals(await Array.fromAsync(reads.readCase(a)), all.filter((_, i) => i !== 3 && i !== 4));
  assertEquals(await Array.fromAsync(reads.readCase("nobody")), []);

  const between = { fromPosition: all[1]!.position, toPosition: all[3]!.position };
  assertEquals(await Array.fromAsync(reads.readAll(between)), all.slice(1, 4));
  const decisions = { types: ["case.decision"], fromTime: iso(all[5]!.recordedAt) };
  assertEquals(await Array.fromAsync(reads.readAll(decisions)), [all[5]!]);
  assertEquals(await Array.fromAsync(reads.readAll({ toTime: iso(all[0]!.recordedAt - 1) })), []);
  assertEquals(await Array.fromAsync(reads.readAll({ fromTime: iso(all[5]!.recordedAt + 60_000) })), []);
  let read = 0;
  for await (const _ of reads.readAll()) {
    if (read++ === 0) await writer.appender.append([anEvent(a, 10)], "any");
  }
  assertEquals(read, 6, "what was appended meanwhile is not read");
});

natsTest(
  "cases, kinds, counts, dead letters and the trail are read from records of all partitions",
  async () => {
    const { server, place } = await openStore();
    await using _server = server;
    await using writer = await LogNode.open(place, "writer");
    await using reader = await LogNode.open(place, "reader");
    const reads = new StoreReads(reader.reads);
    assertEquals([await reads.storedKinds(), await reads.listCases(), (await reads.storedCounts()).size], [
      [],
      [],
      0,
    ]);

    const owner = await writer.takeOver(0);
    const { position } = await writer.appender.append([anEvent(a, 1), anEvent(a, 1, "case.decision")], "any");
    await writer.appender.append([anEvent(b, 1), anEvent(b, 2)], "any");
    const kind = (type: string) => ({ type, version: 1 });
    assertEquals(await reads.storedKinds(), [kind("case.decision"), kind("case.intake")]);
    assertEquals(await reads.storedCounts(), new Map([["case.intake", 3], ["case.decision", 1]]));
    const cases = await reads.listCases();
    assertEquals(cases.map(({ caseId, version, latest }) => [caseId, version, latest]), [
      [b, 2, "case.intake"],
      [a, 2, "case.decision"],
    ]);
    assert(cases.every(({ openedAt, updatedAt }) => openedAt <= updatedAt));
    assertEquals((await reads.listCases({ latest: "case.decision" })).map(({ caseId }) => caseId), [a]);
    assertEquals((await reads.listCases({ limit: 1 })).map(({ caseId }) => caseId), [b]);

    const delivery = { attempts: 2, failures: [], dueAt: 0, since: 1_000 };
    const dead = {
      ...delivery,
      position: position - 1,
      eventId: anEvent(a, 1).event_id,
      state: "dead",
    } as const;
    const held = {
      ...delivery,
      position,
      eventId: anEvent(a, 1, "case.decision").event_id,
      state: "held",
    } as const;
    const act = { at: iso(1_000), act: "dead_letter", by: "runtime", why: "Boom", caseId: a };
    await change(owner, { parked: [{ processor: "p", caseId: a, waiting: [dead, held] }], trail: [act] });
    await change(owner, { trail: [{ ...act, act: "redrive" }, { ...act, caseId: "another" }] });
    const [letter, ...others] = await reads.listDeadLetters();
    assertEquals(others, []);
    const { processor, partition, caseId, event, attempts, since } = letter!;
    assertEquals({ processor, partition, caseId, attempts, since, held: letter!.held }, {
      ...{ processor: "p", partition: 0, caseId: a, attempts: 2, since: iso(1_000), held: 1 },
    });
    assertEquals(event.event, anEvent(a, 1));
    assertEquals(await reads.countStopped("dead", { processor: "other" }), 0);
    assertEquals(await reads.countStopped("dead", { caseId: b }), 0);
    assertEquals(await reads.countStopped("dead", { position: dead.position }), 1);
    assertEquals((await reads.audit(a)).map(({ act }) => act), ["dead_letter", "redrive"]);
    assertEquals(await reads.audit(b), []);
  },
);
