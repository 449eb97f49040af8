/** A mirror of the store over a leaf node: read while the hub is away, and promoted. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { BackendRefused } from "../../backends/backend.ts";
import { createMirror, mirrorLag, openMirror, promoteMirror } from "../../backends/nats/mirror.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import type { StoredEvent } from "../../schema/stored_event.ts";
import { consume, Journal } from "../conformance/journal.ts";
import { anEvent } from "../support/events.ts";
import { natsTest } from "../support/nats_needed.ts";
import { freePort, startNats } from "../support/nats_server.ts";

const CASES = 20;
const EACH = 10;
const LEASE_MS = 1_000;

/** Resolves once something holds; the test's own time limit ends it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const events = (from: number, to: number) =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => Array.from({ length: CASES }, (_, c) => anEvent(`case-${c}`, from + i)),
  )
    .flat();
const facts = (stored: readonly StoredEvent[]) =>
  stored.map(({ position, version, event }) => [position, version, event.event_id]);

natsTest(
  "a mirror over a leaf node has the same events at the same positions, is read while the hub is away, and once promoted goes on where the hub stopped (I1, I2, I3)",
  async () => {
    const port = freePort();
    await using hub = await startNats({
      syncAlways: false,
      jetStreamConfig: "domain: hub",
      config: `server_name: hub\nleafnodes { listen: "127.0.0.1:${port}" }`,
    });
    await using leaf = await startNats({
      syncAlways: false,
      jetStreamConfig: "domain: leaf",
      config: `server_name: leaf\nleafnodes { remotes: [{ url: "nats://127.0.0.1:${port}" }] }`,
    });
    const journal = new Journal();
    const atHub = await openNats({ url: hub.url, partitions: 4, leaseMs: LEASE_MS });
    await atHub.append(events(1, EACH));
    await until(() => createMirror({ url: leaf.url, hub: "hub" }).then(() => true, () => false));
    const stop = new AbortController();
    const consuming = consume(atHub, journal, stop.signal);
    await until(() => journal.done.length === CASES * EACH);
    stop.abort();
    await consuming;
    const original = await Array.fromAsync(atHub.readAll());
    await atHub.close();
    const end = original.at(-1)!.position;
    const mirror = await openMirror({ url: leaf.url });
    await until(async () => (await Array.fromAsync(mirror.readAll({ fromPosition: end }))).length === 1);
    await until(async () => await mirrorLag({ url: leaf.url }) === 0);
    await hub.kill9();

    assertEquals(facts(await Array.fromAsync(mirror.readAll())), facts(original));
    const story = await Array.fromAsync(mirror.readCase("case-3"));
    assertEquals(story.map(({ version }) => version), Array.from({ length: 2 * EACH }, (_, i) => i + 1));
    await mirror.close();

    await promoteMirror({ url: leaf.url });
    await assertRejects(() => promoteMirror({ url: leaf.url }), BackendRefused, "is no mirror");
    const store = await openNats({ url: leaf.url, leaseMs: LEASE_MS });
    assertEquals(store.partitions, 4);
    await store.append(events(EACH + 1, EACH + 2));
    const goOn = new AbortController();
    const going = consume(store, journal, goOn.signal);
    await until(() => journal.done.length >= CASES * (EACH + 2));
    goOn.abort();
    await going;
    journal.assertOnceInOrder(events(1, EACH + 2).map(({ event_id }) => event_id));
    const outputs = await Array.fromAsync(store.readAll({ types: ["case.analysis"] }));
    assertEquals(new Set(outputs.map(({ event }) => event.event_id)).size, CASES * (EACH + 2));
    assertEquals(outputs.length, CASES * (EACH + 2));
    await store.close();
  },
);
