/** Conformance: relays, whose records are written by compare and set, and which bring every event once. @module */
import { assert, assertEquals } from "@std/assert";
import { Relay } from "../../../actors/relay/relay.ts";
import { newRelay } from "../../../actors/relay/relay_state.ts";
import type { OutgoingEvent, RelayTarget } from "../../../backends/relay/target.ts";
import { toCloudEvent } from "../../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../../schema/cloudevents/event_names.ts";
import { casesIn, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";

/** Keeps what arrives. */
class KeptEvents implements RelayTarget {
  readonly arrived: string[] = [];
  open = () => Promise.resolve({});
  close = () => Promise.resolve();
  send(events: readonly OutgoingEvent[]) {
    this.arrived.push(...events.map(({ stored }) => `${stored.event.correlation_id} ${stored.version}`));
    return Promise.resolve({ refused: [] });
  }
}

export const relayCases: ConformanceCase[] = [
  {
    name: "the record of a relay is written over the revision that was read, by one of two, and removed",
    async run({ harness }) {
      const [{ relays }, { relays: others }] = [await harness.backend(), await harness.backend()];
      assertEquals(await relays.read("copy"), undefined);
      const record = newRelay("nowhere", 1, 2);
      const first = (await relays.write("copy", record, 0))!;
      assert(first > 0);
      assertEquals(await others.write("copy", record, 0), undefined);
      const paused = { ...record, state: "paused", why: "a reason" } as const;
      const second = (await others.write("copy", paused, first))!;
      assert(second > 0);
      assertEquals(await relays.write("copy", record, first), undefined);
      assertEquals(await relays.read("copy"), { name: "copy", record: paused, revision: second });
      await relays.write("another", record, 0);
      assertEquals((await others.list()).map(({ name }) => name), ["another", "copy"]);
      assert(await relays.write("copy", null, second) !== undefined);
      assertEquals(await others.read("copy"), undefined);
      assert(await others.write("copy", record, 0) !== undefined);
    },
  },
  {
    name: "a relay brings what is stored while it runs, each once and in the order of its case (I1, I2, I3)",
    async run({ harness }) {
      const backend = await harness.backend();
      const cases = [0, 1].flatMap((partition) => casesIn(partition, backend.partitions, 2));
      const target = new KeptEvents();
      const shown = (stored: OutgoingEvent["stored"]) => toCloudEvent(stored, {}, defaultNames);
      const relayOf = (owner: string) =>
        new Relay(backend, { name: "copy", to: "nowhere", owner, target, shown });
      let relay = relayOf("first");
      for (const caseId of cases) {
        await Promise.all([backend.append(someEvents(caseId, 3)), relay.step()]);
        // Another one goes on where this one ends.
        await relay.close();
        relay = relayOf(caseId);
      }
      while (await relay.step() === "moved");
      await relay.close();
      const expected = cases.flatMap((caseId) => [1, 2, 3].map((version) => `${caseId} ${version}`));
      for (const caseId of cases) {
        const own = target.arrived.filter((each) => each.startsWith(`${caseId} `));
        assertEquals(own, expected.filter((each) => each.startsWith(`${caseId} `)));
      }
      assertEquals(target.arrived.length, expected.length);
    },
  },
];
