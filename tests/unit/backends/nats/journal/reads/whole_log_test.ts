import { assertEquals } from "@std/assert";
import { LogSubjects } from "../../../../../../schema/nats/log.ts";
import type { NatsClient } from "../../../../../../backends/nats/connection/client.ts";
import { NatsWholeLog } from "../../../../../../backends/nats/journal/reads/whole_log.ts";

const [FIRST, SECOND] = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z"];

/** Batches as the library gives them. */
interface Batch {
  readonly seq?: number;
  readonly callback: (end: object | null, msg?: object) => void;
}

/** A replica that has one of two records at the first reads. */
function laggingClient(readsBehind: number) {
  const has = () => readsBehind-- > 0 ? 1 : 2;
  const msg = (seq: number) => ({ seq, subject: `p-log.${seq}`, data: new Uint8Array(), pending: 0 });
  const getBatch = (_stream: string, { seq, callback }: Batch) => {
    const from = seq ?? 2;
    for (let at = from, last = has(); at <= last; at++) callback(null, msg(at));
    callback({});
    return Promise.resolve({ stop: () => {} });
  };
  const state = { messages: 2, last_seq: 2, last_ts: SECOND };
  const manager = { direct: { getBatch }, streams: { info: () => Promise.resolve({ state }) } };
  return {
    deadlineMs: 1_000,
    manage: (work: (each: typeof manager) => unknown) => work(manager),
  } as unknown as NatsClient;
}

Deno.test("records are read from a replica that is behind until it has them all", async () => {
  const log = new NatsWholeLog(laggingClient(2), "S", new LogSubjects("p"));
  const found = await Array.fromAsync(log.readBetween(1, 2));
  assertEquals(found.map(({ sequence, partition }) => [sequence, partition]), [[1, 1], [2, 2]]);
});

Deno.test("the first record since a time is waited for where a replica is behind, and not where there is none", async () => {
  const log = new NatsWholeLog(laggingClient(2), "S", new LogSubjects("p"));
  assertEquals(await log.firstSince(Date.parse(FIRST) + 1), 2);
  const other = new NatsWholeLog(laggingClient(2), "S", new LogSubjects("p"));
  assertEquals(await other.firstSince(Date.parse(SECOND) + 1), undefined);
});
