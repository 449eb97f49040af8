/** Records on a real server: as bytes, behind each other, in one piece where they are several, and never taken away. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../../backends/errors.ts";
import { Conflict } from "../../../../backends/nats/connection/errors.ts";
import { encodeRecord } from "../../../../backends/nats/journal/record/encode_record.ts";
import { everywhere, NO_CHANGES } from "../../../../backends/nats/journal/record/record.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { startNats } from "../../../support/servers/nats_server.ts";
import { LogNode, makeLog } from "../../../support/nats_log/log_node.ts";
import { aHead, pendingEvent, versioned } from "../../../support/nats_log/records.ts";

const payloadOf = (caseId: string, count: number, before = 0) => ({
  payload:
    encodeRecord({ head: aHead({ before }), changes: NO_CHANGES, events: versioned(caseId, count) }).payload,
  link: "abc",
});

natsTest("records are stored behind each other or not at all, and read as they were written", async () => {
  await using server = await startNats({ syncAlways: false });
  const place = { url: server.url, stream: "LOG", partitions: 2 };
  await makeLog(place);
  await using node = await LogNode.open(place, "a");
  const log = node.log(0);

  assertEquals(await log.firstBehind(0), undefined);
  assertEquals(await log.append([payloadOf("a", 3)], 0), 1);
  await node.log(1).append([payloadOf("elsewhere", 1)], 0);
  const conflict = await assertRejects(() => log.append([payloadOf("a", 1)], 0), Conflict) as Conflict;
  assertEquals(conflict.actual, 1);
  assertEquals(await log.append([payloadOf("b", 400, 1)], 1), 3);

  // Several records are one write: all of them, or none behind a sequence that is not the last.
  const parts = [payloadOf("c", 1), payloadOf("d", 1), payloadOf("e", 1)];
  await assertRejects(() => log.append(parts, 1), Conflict);
  assertEquals([await log.firstBehind(1), await log.firstBehind(3)], [3, undefined]);
  assertEquals(await log.append(parts, 3), 4);
  assertEquals(await log.firstBehind(6), undefined);

  const records = await Array.fromAsync(log.readBehind(0));
  assertEquals(records.map(({ sequence }) => sequence), [1, 3, 4, 5, 6]);
  const counts = records.map(({ record }) => record.kind === "record" ? record.events.length : NaN);
  assertEquals(counts, [3, 400, 1, 1, 1]);
  assertEquals((await Array.fromAsync(log.readBehind(4))).map(({ sequence }) => sequence), [5, 6]);
  const one = await log.readRecord(3, "b");
  assert(one?.kind === "record" && one.events.length === 400);
  assertEquals(await log.readRecord(99), undefined);

  await assertRejects(() => node.client.manage(({ streams }) => streams.purge("LOG_log")));
  await assertRejects(() => node.client.manage(({ streams }) => streams.deleteMessage("LOG_log", 1)));
  assertEquals((await Array.fromAsync(log.readBehind(0))).length, 5);
});

natsTest(
  "of records that hold none of the types only the heads are read, and their positions are known",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const place = { url: server.url, stream: "LOG", partitions: 1 };
    await makeLog(place);
    await using node = await LogNode.open(place, "a");
    const log = node.log(0);
    const counted = (caseId: string, count: number, before: number, counts: Record<string, number>) => ({
      ...encodeRecord({
        head: aHead({ before, counts }),
        changes: NO_CHANGES,
        events: versioned(caseId, count),
      }),
      link: "abc",
    });
    await log.append([counted("a", 2, 0, { "case.intake": 2 })], 0);
    await log.append([counted("a", 300, 1, { "case.intake": 2, "case.analysis": 300 })], 1);
    await log.append([counted("a", 4, 2, { "case.intake": 6, "case.analysis": 300 })], 2);
    // It says that it adds nothing, and holds an event.
    await log.append([counted("a", 1, 3, { "case.intake": 6, "case.analysis": 300 })], 3);

    const read = async (...types: string[]) =>
      (await Array.fromAsync(log.readBehind(0, everywhere(types)))).map(({ record }) =>
        record.kind === "record" ? [record.events.length, record.unread] : undefined
      );
    assertEquals(await read("case.intake"), [[2, undefined], [0, 300], [4, undefined], [1, undefined]]);
    assertEquals(await read("case.analysis"), [[2, undefined], [300, undefined], [0, 4], [1, undefined]]);
  },
);

natsTest("a log that is not there is no empty one", async () => {
  await using server = await startNats({ syncAlways: false });
  await using node = await LogNode.open({ url: server.url, stream: "LOG", partitions: 1 }, "a");
  await assertRejects(() => node.log(0).firstBehind(0), BackendUnavailable, "lost a stream");
  await assertRejects(() => node.reads.log.lastOf(0), BackendUnavailable, "lost a stream");
});

natsTest("what other hands wrote is malformed, and an append that fits no record is several", async () => {
  await using server = await startNats({ syncAlways: false });
  const place = { url: server.url, stream: "LOG", partitions: 1 };
  await makeLog(place);
  await using node = await LogNode.open(place, "a");
  const owner = await node.takeOver(0);
  await node.client.request("log-log.0", new Uint8Array([0, 255, 10, 0]));
  const events = Array.from({ length: 30 }, (_, n) => pendingEvent(`c${n % 3}`, n, 90_000));
  const answer = await owner.append({ events, expected: "any" });
  assertEquals([answer.stored, answer.version, owner.state.malformed], [30, 10, 1]);
  const again = await (await node.takeOver(0)).append({ events, expected: "any" });
  assertEquals(again, { ...answer, stored: 0, duplicates: 30 });
  const parts = (await node.records(0)).map(({ record }) =>
    record.kind === "record" ? record.head.part : null
  );
  assert(parts.filter((part) => Array.isArray(part)).length > 1);
});
