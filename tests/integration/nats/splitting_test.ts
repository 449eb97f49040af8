/** Settlements and appends of more than one record takes: exactly once all the same. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { retryWhileUnavailable } from "../../../backends/primitives/retry.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { deadOf, deliveries, outputOf, settlement, timerOf } from "../../conformance/outcomes.ts";
import { INTAKE } from "../../conformance/fixture.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { LoopbackProxy } from "../../support/servers/loopback_proxy.ts";
import { readEvents } from "../../support/nats_store_check.ts";

/** As many as the first batch has, and outputs of each: more in all than a record takes. */
const CASES = 64;
const OUTPUTS = 100;
const APPENDED = 16_000;
const APPENDED_CASES = 1_000;
const FAR = Date.UTC(2100, 0, 1);

natsTest(
  "a settlement of more outputs than a record takes is stored once, also when it is tried twice (I2, I4)",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const backend = await openNats({ url: server.url, partitions: 1 });
    const cases = casesIn(0, 1, CASES);
    await backend.append(cases.map((caseId) => anEvent(caseId, 1)));
    const stop = new AbortController();
    for await (const mailbox of backend.mailboxes(INTAKE, stop.signal)) {
      const { value: batch } = await mailbox.batches(stop.signal)[Symbol.asyncIterator]().next();
      const read = deliveries(batch);
      const outputs = read.flatMap((d) =>
        Array.from({ length: OUTPUTS }, (_, i) => storeRow(outputOf(d, i), 0))
      );
      const timers = read.map(({ event }) => timerOf("late", FAR, anEvent(event.correlation_id, 9), 0));
      const whole = settlement({ outputs, timers, failures: read.map(deadOf) });
      await mailbox.settle(batch, whole);
      await mailbox.settle(batch, whole);
      await mailbox.close();
      break;
    }
    stop.abort();
    const stored = await Array.fromAsync(backend.readAll({ types: ["case.analysis"] }));
    assertEquals(stored.length, OUTPUTS * CASES);
    assertEquals(await backend.deadLetters.count(), CASES);
    assertEquals((await backend.audit(cases[0]!)).length, 1);
    const versions = (await Array.fromAsync(backend.readCase(cases[7]!))).map(({ version }) => version);
    assertEquals(versions, Array.from({ length: OUTPUTS + 1 }, (_, i) => i + 1));
    await backend.close();
  },
);

natsTest(
  "an append over all partitions, cut off between two of them, is completed by the same call (I1, I2)",
  async () => {
    await using server = await startNats();
    await using proxy = new LoopbackProxy(Number(new URL(server.url).port));
    const url = `nats://127.0.0.1:${proxy.port}`;
    const backend = await openNats({ url, deadlineMs: 1_000 });
    const events = Array.from({ length: APPENDED }, (_, i) => anEvent(`case-${i % APPENDED_CASES}`, i));
    swallowBehindFirstRecord(proxy);
    await assertRejects(() => backend.append(events), BackendUnavailable);
    proxy.filter = undefined;
    proxy.forward();
    const { stored, duplicates } = await retryWhileUnavailable(
      () => backend.append(events),
      new AbortController().signal,
    );
    assert(duplicates > 0, "the first call has stored some");
    assertEquals(stored + duplicates, APPENDED);
    const ofCase = Map.groupBy(await readEvents(server.url), ({ caseId }) => caseId);
    for (const [caseId, sent] of Map.groupBy(events, ({ correlation_id }) => correlation_id)) {
      assertEquals(ofCase.get(caseId)!.map(({ id }) => id), sent.map(({ event_id }) => event_id));
    }
    await backend.close();
  },
);

/** Once a second record is being sent nothing comes through any more: the first one is whole by then. */
function swallowBehindFirstRecord(proxy: LoopbackProxy): void {
  let records = 0;
  proxy.filter = (sent) => {
    records += new TextDecoder("latin1").decode(sent).split("HPUB cases-log.").length - 1;
    if (records >= 2) proxy.swallow();
  };
}
