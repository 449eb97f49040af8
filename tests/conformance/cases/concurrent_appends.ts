/** Conformance: many appenders at once, and a reader that is as fast as it can be. @module */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { consumeAll, DeliveryLog } from "../delivery_log.ts";
import { collect } from "../fixture.ts";

const APPENDERS = 10;
const CALLS = 30;

/** One producer: small and larger calls on cases of its own and on cases that it shares, one after the other. */
async function produce(backend: Backend, appender: number, acknowledged: string[]): Promise<void> {
  for (let call = 1; call <= CALLS; call++) {
    const n = appender * 1000 + call;
    const cases = [`own-${appender}`, `shared-${call % 7}`, `shared-${(call + 3) % 7}`];
    const events = cases.slice(0, 1 + call % 3).map((caseId) => anEvent(caseId, n));
    await backend.append(events);
    acknowledged.push(...events.map(({ event_id }) => event_id));
  }
}

export const concurrentAppendCases: ConformanceCase[] = [
  {
    name: "no acknowledged event is skipped while many append at once and a reader follows closely (I1, I3)",
    async run(fixture) {
      const nodes = [await fixture.harness.backend("one"), await fixture.harness.backend("two")];
      const deliveryLog = new DeliveryLog();
      const acknowledged: string[] = [];
      void fixture.run(consumeAll(nodes[0]!, deliveryLog, fixture.signal));
      const producers = Array.from({ length: APPENDERS }, (_, i) => produce(nodes[i % 2]!, i, acknowledged));
      await fixture.waitFor("the appends", Promise.all(producers));
      assertEquals(acknowledged.length, APPENDERS * CALLS * 2);
      await fixture.until("everything is done", () => deliveryLog.done.length >= acknowledged.length);
      await fixture.harness.advance(100);
      deliveryLog.assertOnceInOrder(acknowledged);
      const stored = await collect(nodes[0]!.readAll({ types: ["case.intake"] }));
      assertEquals(stored.length, acknowledged.length);
    },
  },
  {
    name: "an append that drew its place early and commits late is not skipped (I1)",
    needs: "slowAppend",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const [a, b] = casesIn(0, backend.partitions, 2) as [string, string];
      const reader = await fixture.reader(backend);
      const slow = await fixture.harness.slowAppend!([anEvent(a, 1)]);
      // It may be stored at once, or wait for the slow one; both are right.
      const quick = backend.append([anEvent(b, 1)]);
      const seen = reader.settleMany(2);
      await fixture.harness.advance(200);
      await slow.commit();
      await quick;
      const ids = (await seen).map(({ event }) => event.event_id).sort();
      assertEquals(ids, [anEvent(a, 1), anEvent(b, 1)].map(({ event_id }) => event_id).sort());
    },
  },
];
