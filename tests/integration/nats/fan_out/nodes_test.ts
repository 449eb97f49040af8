/** The fan-out under several nodes and under kills: whoever copies, each event comes once, in the order of the log. @module */
import { assert, assertEquals } from "@std/assert";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { setUpNats } from "../../../../backends/nats/setup/options.ts";
import { NatsClient } from "../../../../backends/nats/connection/client.ts";
import { Conflict } from "../../../../backends/nats/connection/errors.ts";
import { FanOutWriter } from "../../../../backends/nats/fan_out/fan_out_writer.ts";
import { eventsStream } from "../../../../schema/nats/events_stream.ts";
import type { Backend } from "../../../../backends/backend.ts";
import { FanOutNode } from "../../../support/fan_out/fan_out_node.ts";
import { anEvent } from "../../../support/events.ts";
import { EventsStream, type FannedOut, readFannedOut } from "../../../support/fan_out/subscribers.ts";
import { type PlainEvent, readEvents } from "../../../support/nats_store_check.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats({ syncAlways: false });
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const idsOf = (events: readonly (PlainEvent | FannedOut)[]) =>
  events.map(({ position, id }) => `${position} ${id}`);

async function appendSome(backend: Backend, name: string, count: number): Promise<void> {
  await backend.append(Array.from({ length: count }, (_, i) => anEvent(`${name}-${i}`, 1)));
}

natsTest("of two nodes one copies; the other takes over when it ends, and nothing comes twice", async () => {
  const store = { url: server.url, stream: "PAIR" };
  const first = await FanOutNode.open({ ...store, node: "first" });
  await using second = await FanOutNode.open({ ...store, node: "second" });
  await appendSome(first.backend, "a", 5);
  await readFannedOut(server.url, 5, { stream: "PAIR" });
  const writer = (await second.backend.health()).fanOut?.writer;
  assert(writer === "first" || writer === "second");
  await first[Symbol.asyncDispose]();
  await appendSome(second.backend, "b", 5);
  const copied = await readFannedOut(server.url, 10, { stream: "PAIR" });
  assertEquals(idsOf(copied), idsOf(await readEvents(server.url, "PAIR")));
});

/** One who copies by the wrong belief that it is its turn. */
async function writerFrom(stream: string, position: number, sequence: number): Promise<
  AsyncDisposable & {
    copy(goOn?: () => Promise<boolean>): Promise<void>;
  }
> {
  const client = await NatsClient.open({ url: server.url });
  const prefix = stream.toLowerCase();
  const shape = { stream, prefix, partitions: 2, replicas: 1, leaseMs: 900, maxPayload: 1, ingestBytes: 1 };
  const writer = new FanOutWriter({
    client,
    log: `${stream}_log`,
    prefix,
    source: "/other",
    types: undefined,
    taken: new Set(eventsStream(shape).subjects),
    withhold: undefined,
  }, { position, sequence, skip: 0, types: undefined });
  return {
    copy: (goOn = () => Promise.resolve(true)) => writer.copy(goOn),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

natsTest("a record that was copied by half is gone on with in its middle", async () => {
  const store = { url: server.url, stream: "HALF", partitions: 2 };
  await setUpNats(store, false, { hasFanOut: true });
  await using one = await writerFrom("HALF", 0, 0);
  const producer = await openNats(store);
  await appendSome(producer, "a", 2_000);
  await producer.close();
  await one.copy(() => Promise.resolve(false));
  await using events = await EventsStream.open(server.url, "HALF");
  const stored = await readEvents(server.url, "HALF");
  const { last_seq: half } = await events.state();
  const recordOf = (event: PlainEvent) => Math.floor(event.position / 4_096);
  assertEquals(recordOf(stored[half - 1]!), recordOf(stored[half]!));
  await using _node = await FanOutNode.open(store);
  assertEquals(idsOf(await readFannedOut(server.url, 2_000, { stream: "HALF" })), idsOf(stored));
});

natsTest("of two that copy at once, each event is one's: what the other sends is refused", async () => {
  const stream = "TWINS";
  await using node = await FanOutNode.open({ url: server.url, stream });
  await using one = await writerFrom(stream, 0, 0);
  await using other = await writerFrom(stream, 0, 0);
  await appendSome(node.backend, "a", 2_000);
  const outcomes = await Promise.allSettled([one.copy(), other.copy()]);
  const refusals = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  assert(
    refusals.every(({ reason }) => reason instanceof Conflict),
    `${refusals.map(({ reason }) => reason)}`,
  );
  assert(refusals.length >= 1);
  const copied = await readFannedOut(server.url, 2_000, { stream });
  assertEquals(idsOf(copied), idsOf(await readEvents(server.url, stream)));
  await using events = await EventsStream.open(server.url, stream);
  assertEquals((await events.state()).last_seq, 2_000);
});
