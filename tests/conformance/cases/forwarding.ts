/** Conformance: what cases send to each other, which is settled with its sender and forwarded after that. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FORWARDER } from "../../../actors/forwarding/forwarded_event.ts";
import { Forwarder } from "../../../actors/forwarding/forwarder.ts";
import type { AnyProcessor } from "../../../actors/processor.ts";
import { encodeOutputs } from "../../../actors/worker/outputs.ts";
import type { Backend } from "../../../backends/backend.ts";
import { EventIdConflict } from "../../../backends/errors.ts";
import { PrioritySemaphore } from "../../../backends/primitives/priority_semaphore.ts";
import { decodeEvent } from "../../../schema/codec.ts";
import { derivedIds } from "../../../schema/ids.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect, type FixtureSetup } from "../fixture.ts";
import { deliveries, settlement } from "../outcomes.ts";

/** Sends what it takes to another case, as a missed instalment of the same number. */
const sender: AnyProcessor = {
  ...{ name: "intake", version: 1, takes: ["case.intake"], folds: [], sends: ["case.payment_missed"] },
  ...{ initial: () => 0, evolve: () => 0, handle: () => ({ events: [] }) },
};

/** Settles everything that waits for the sender, each delivery with an output to `to`. */
async function settleSent({ backend, reader }: FixtureSetup, to: string): Promise<void> {
  const idOf = derivedIds(await backend.secret());
  const batch = await reader.next();
  const outputs = deliveries(batch).flatMap(({ event }) => {
    const instalment = Number(event.data.n);
    const draft = { event_type: "case.payment_missed", data: { case_id: to, instalment }, to } as const;
    const settings = { partition: reader.mailbox.partition, idOf };
    return encodeOutputs({ events: [draft] }, decodeEvent(event), sender, settings).rows;
  });
  await reader.mailbox.settle(batch, settlement({ outputs }));
}

async function instalmentsIn(backend: Backend, caseId: string) {
  return (await collect(backend.readCase(caseId))).map(({ event }) => event.data.instalment);
}

export const forwardingCases: ConformanceCase[] = [
  {
    name: "what the runtime forwards is stored past the grants, in the order of each case, and once (I2, I3)",
    async run({ harness }) {
      const backend = await harness.backend();
      const [a, b] = [0, 1].map((partition) => casesIn(partition, backend.partitions, 1)[0]!) as [
        string,
        string,
      ];
      const events = [anEvent(a, 1, "case.child_ended"), anEvent(b, 2), anEvent(a, 3, "case.child_started")];
      assertEquals((await backend.forward(events)).stored, 3);
      const { stored, duplicates } = await backend.forward(events);
      assertEquals([stored, duplicates], [0, 3]);
      const types = (await collect(backend.readCase(a))).map(({ event }) => event.event_type);
      assertEquals(types, ["case.child_ended", "case.child_started"]);
      const other = { ...events[0]!, data: { ...events[0]!.data, outcome: "another" } };
      await assertRejects(() => backend.forward([other]), EventIdConflict);
    },
  },
  {
    name:
      "what is sent to another case arrives once and in order, though who forwards it dies first (I1, I2, I3)",
    async run(fixture) {
      const setup = await fixture.setUp(1, 3);
      const { backend, cases: [from] } = setup;
      const [to] = casesIn(1, backend.partitions, 1) as [string];
      await settleSent(setup, to);
      assertEquals(await instalmentsIn(backend, to), []);
      const forwarder = new Forwarder(backend, backend.secret(), () => new PrioritySemaphore(1));
      const reader = await fixture.reader(backend, 0, FORWARDER);
      const batch = await reader.next();
      await forwarder.run(batch);
      // It died before it settled: whoever comes next reads the same.
      const { failedAttempts, done } = await forwarder.run(batch);
      assertEquals([failedAttempts.length, done["case.addressed"]!.length], [0, batch.count]);
      await reader.mailbox.settle(batch, settlement());
      assertEquals(await instalmentsIn(backend, to), [1, 2, 3]);
      const [sent] = (await collect(backend.readCase(from!))).slice(-3);
      const [arrived] = await collect(backend.readCase(to));
      assertEquals(sent!.event.event_type, "case.addressed");
      assertEquals(arrived!.event.metadata.causation_id, sent!.event.event_id);
      assert(arrived!.event.event_id !== sent!.event.event_id);
    },
  },
];
