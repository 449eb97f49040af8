/** A mirror of a store over a leaf node: it follows, is promoted when the other place is lost, and goes on where that stopped. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import type { Backend } from "../../../../backends/backend.ts";
import { BackendUnusable } from "../../../../backends/errors.ts";
import { NatsClient } from "../../../../backends/nats/connection/client.ts";
import { createMirror } from "../../../../backends/nats/mirror/create.ts";
import { mirrorStatus } from "../../../../backends/nats/mirror/status.ts";
import { promotion } from "../../../../backends/nats/mirror/mirrored_streams.ts";
import { promoteMirror } from "../../../../backends/nats/mirror/promote.ts";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { setUpNats } from "../../../../backends/nats/setup/options.ts";
import { exitCodes } from "../../../../console/cli/exit_codes.ts";
import { consumeAll, DeliveryLog } from "../../../conformance/delivery_log.ts";
import { anEvent } from "../../../support/events.ts";
import { FanOutNode } from "../../../support/fan_out/fan_out_node.ts";
import { readFannedOut } from "../../../support/fan_out/subscribers.ts";
import { assertRefused, runHere } from "../../../support/program.ts";
import { waitUntil } from "../../../support/servers/embedded_processes.ts";
import { startLeaf, startLeafHub } from "../../../support/servers/nats_leaf.ts";
import { NATS_ANSWER } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";

const CASES = 10;
const STORE = { partitions: 2, leaseMs: 900 };
const BY = { by: "m.visser", why: "for the test" };

const eventsOf = (n: number) => Array.from({ length: CASES }, (_, c) => anEvent(`case-${c}`, n));
const idsOf = (...ns: number[]) => ns.flatMap(eventsOf).map(({ event_id }) => event_id);

natsTest(
  "a mirror that is promoted goes on at the same positions, with what waited, what was rejected and what was copied for others, each once (I1, I2, I3)",
  async () => {
    await using hub = await startLeafHub();
    await using leaf = await startLeaf(hub);
    const mirror = (verb: string, ...more: string[]) =>
      runHere(["mirror", verb, "--url", leaf.url, ...more, "--json"]);
    const log = new DeliveryLog();
    const stored = await workAtHub(hub.url, leaf.url, log);
    await leave(hub.url, JSON.stringify(anEvent("waiting", 1)));
    await waitUntil(async () => {
      const { streams } = JSON.parse((await mirror("status")).out);
      return streams.length === 7 && streams.every(({ behind }: { behind: number }) => behind === 0);
    });
    await assertRejects(() => openNats({ url: leaf.url }), BackendUnusable, "is a mirror of another place");
    assertRefused(
      await mirror("promote"),
      exitCodes.unusable,
      /domain hub, .*, answers: nobody may write to both/,
    );
    await hub.kill9();
    assertEquals((await mirror("status")).code, exitCodes.failed, "the source is away");
    const { out, err } = await mirror("promote");
    assert(out !== "", err);
    const promoted = JSON.parse(out);
    assertEquals([promoted.mirror_of, promoted.timeline, promoted.missing], ["hub", 2, null]);
    assertRefused(await mirror("promote"), exitCodes.unusable, /is no mirror/);
    await goesOn(leaf.url, log, stored);
  },
);

/** A node works, copies for others, takes in an event, and rejects two of which a person discards one. */
async function workAtHub(url: string, leafUrl: string, log: DeliveryLog): Promise<Stored> {
  await using node = await FanOutNode.open({ ...STORE, url });
  const { backend } = node;
  await backend.append([...eventsOf(1), ...eventsOf(2)]);
  await backend.secret();
  await waitUntil(() => createMirror({ url: leafUrl }, "hub").then(() => true, () => false));
  await leave(url, JSON.stringify(anEvent("taken", 1)));
  await leave(url, "no event");
  await leave(url, "none either");
  // What is removed at its source before it is mirrored is in no mirror.
  await mirrored(leafUrl, "CASES_ingest", 3);
  await working(backend, log, async () => {
    await waitUntil(async () => log.done.length === 2 * CASES + 1 && await backend.inbox!.count() === 2);
  });
  await mirrored(leafUrl, "CASES_inbox", 2);
  const [first] = await backend.inbox!.list();
  assert(await backend.inbox!.discard(first!.id, BY));
  const stored = await storedIn(backend);
  await readFannedOut(url, stored.events.length);
  return stored;
}

/** Waits until a mirror has so many messages. */
async function mirrored(url: string, stream: string, last: number): Promise<void> {
  await waitUntil(async () =>
    (await mirrorStatus({ url })).streams.some((each) => each.name === stream && each.last === last)
  );
}

/** The promoted store holds the same, and does the rest; what leaves it waits until a person accepts it. */
async function goesOn(url: string, log: DeliveryLog, before: Stored): Promise<void> {
  await using node = await FanOutNode.open({ ...STORE, url });
  const { backend } = node;
  assertEquals(await storedIn(backend), before);
  await backend.append(eventsOf(3));
  await working(backend, log, async () => {
    await waitUntil(() => Promise.resolve(log.done.length >= 3 * CASES + 2));
  });
  log.assertOnceInOrder([
    ...idsOf(1, 2, 3),
    ...["taken", "waiting"].map((name) => anEvent(name, 1).event_id),
  ]);
  assertEquals((await backend.inbox!.list()).map(({ text }) => text), ["none either"]);
  const ids = (await storedIn(backend)).events.map(([, id]) => id);
  assertEquals((await backend.restoredFrom())?.mirrorOf, "hub");
  const [copied] = await readFannedOut(url, 1, { from: before.events.length });
  assertEquals(copied!.sequence, before.events.length);
  assert(await backend.acceptRestoration(BY));
  assertEquals((await readFannedOut(url, ids.length)).map(({ id }) => id), ids);
}

/** Handles what comes, until something holds. */
async function working(backend: Backend, log: DeliveryLog, until: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const consuming = consumeAll(backend, log, stop.signal);
  await until();
  stop.abort();
  await consuming;
}

/** What must be the same behind a promotion. */
interface Stored {
  readonly secret: string;
  readonly events: readonly (readonly [position: number, id: string])[];
}

async function storedIn(backend: Backend): Promise<Stored> {
  const events = await Array.fromAsync(backend.readAll());
  return {
    secret: await backend.secret(),
    events: events.map(({ position, event }) => [position, event.event_id] as const),
  };
}

/** Leaves a text on the ingest subject, as any producer. */
async function leave(url: string, text: string): Promise<void> {
  const connection = await connect({ servers: url });
  await connection.request("cases.ingest", text, NATS_ANSWER);
  await connection.close();
}

natsTest(
  "a person who says that the source is over promotes while it answers; what was cut off in the middle goes on by the same call",
  async () => {
    await using hub = await startLeafHub();
    await using leaf = await startLeaf(hub);
    await setUpNats({ ...STORE, url: hub.url }, false, { hasFanOut: true });
    const node = await openNats({ ...STORE, url: hub.url });
    await node.append(eventsOf(1));
    await waitUntil(() => createMirror({ url: leaf.url }, "hub").then(() => true, () => false));
    assertEquals((await createMirror({ url: leaf.url }, "hub")).created, [], "again changes nothing");
    await waitUntil(async () =>
      (await mirrorStatus({ url: leaf.url })).streams.every(({ behind }) => behind === 0)
    );
    const before = await storedIn(node);
    await node.close();
    const client = await NatsClient.open({ url: leaf.url });
    const { config } = await client.manage(({ streams }) => streams.info("CASES_ingest"));
    await client.manage(({ streams }) => streams.update("CASES_ingest", promotion(config, {})));
    await client.close();
    await assertRejects(() => openNats({ url: leaf.url }), BackendUnusable, "is a mirror of another place");
    const promoted = await promoteMirror({ url: leaf.url }, { isSourceOver: true });
    assertEquals([promoted.missing, promoted.restoration.timeline], [0, 2]);
    const store = await openNats({ url: leaf.url });
    assertEquals((await setUpNats({ url: leaf.url }, false, { hasFanOut: true })).drift, []);
    assertEquals((await storedIn(store)).events, before.events);
    await store.close();
  },
);
