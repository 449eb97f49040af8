/** Settlements and appends of more messages than an atomic batch takes: in runs, exactly once all the same. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { retryWhileUnavailable } from "../../../backends/primitives/retry.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { deadOf, deliveries, outputOf, settlement, timerOf } from "../../conformance/outcomes.ts";
import { INTAKE } from "../../conformance/fixture.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { api, readEvents } from "../../support/nats_store_check.ts";

const CASES = 450;
const STRETCHES = 8;
const FAR = Date.UTC(2100, 0, 1);

natsTest("a settlement of 3,000 messages is stored once, also when it is tried twice (I2, I4)", async () => {
  await using server = await startNats({ syncAlways: false });
  const backend = await openNats({ url: server.url, partitions: 1 });
  const cases = casesIn(0, 1, CASES);
  await backend.append(cases.map((caseId) => anEvent(caseId, 1)));
  const stop = new AbortController();
  for await (const mailbox of backend.mailboxes(INTAKE, stop.signal)) {
    const { value: batch } = await mailbox.batches(stop.signal)[Symbol.asyncIterator]().next();
    const read = deliveries(batch);
    const outputs = read.flatMap((d) => [0, 1, 2].map((i) => storeRow(outputOf(d, i), 0)));
    const timers = read.map(({ event }) => timerOf("late", FAR, anEvent(event.correlation_id, 9), 0));
    const whole = settlement({ outputs, timers, failures: read.map(deadOf) });
    await mailbox.settle(batch, whole);
    await mailbox.settle(batch, whole);
    await mailbox.close();
    break;
  }
  stop.abort();
  const stored = await Array.fromAsync(backend.readAll({ types: ["case.analysis"] }));
  assertEquals(stored.length, 3 * CASES);
  assertEquals(await backend.deadLetters.count(), CASES);
  assertEquals((await backend.audit(cases[0]!)).length, 1);
  const versions = (await Array.fromAsync(backend.readCase(cases[7]!))).map(({ version }) => version);
  assertEquals(versions, [1, 2, 3, 4]);
  await backend.close();
});

natsTest(
  "an append of more than it stores at once, cut off between two stretches, is completed by the same call (I1, I2)",
  async () => {
    await using server = await startNats();
    const backend = await openNats({ url: server.url, deadlineMs: 1_000 });
    const events = Array.from(
      { length: STRETCHES * backend.features.atomicAppend },
      (_, i) => anEvent(`case-${i % 1000}`, i),
    );
    const cut = assertRejects(() => backend.append(events), BackendUnavailable);
    await someStored(server.url);
    await server.kill9();
    await cut;
    await server.start();
    const { stored, duplicates } = await retryWhileUnavailable(
      () => backend.append(events),
      new AbortController().signal,
    );
    assert(stored > 0 && duplicates > 0, `${stored} stored by the second call, ${duplicates} by the first`);
    const all = await readEvents(server.url);
    assertEquals(all.map(({ id }) => id), events.map(({ event_id }) => event_id));
    await backend.close();
  },
);

/** Resolves when a first stretch is in the store. */
async function someStored(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  while (true) {
    const { state } = await api(connection, "STREAM.INFO.CASES", "") as { state: { messages: number } };
    if (state.messages > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await connection.close();
}
