/** Relays from every backend to every kind of target: each event once and in order, though an answer is lost and the owner changes. @module */
import { assertEquals } from "@std/assert";
import { Relay } from "../../../actors/relay/relay.ts";
import type { Backend } from "../../../backends/backend.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { NatsClient } from "../../../backends/nats/connection/client.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { IngestTarget } from "../../../backends/nats/relay/ingest_target.ts";
import { StreamTarget } from "../../../backends/nats/relay/stream_target.ts";
import { readSubject } from "../../../backends/nats/stream/direct_get.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { HttpTarget } from "../../../backends/relay/http_target.ts";
import { NdjsonFile } from "../../../backends/relay/ndjson_target.ts";
import { type RelayTarget, TargetUnavailable } from "../../../backends/relay/target.ts";
import { toCloudEvent } from "../../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../../schema/cloudevents/event_names.ts";
import {
  arrivalOf,
  faultsOfArrivals,
  firstOfEach,
  linesOf,
} from "../../../simulators/chaos/senders/arrivals.ts";
import { HttpEndpoint } from "../../../simulators/chaos/senders/http_endpoint.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

let [server, nats]: [TestPostgres, TestNats] = [] as never;
natsTest.beforeAll(async () => {
  [server, nats] = await Promise.all([startPostgres({ fsync: false }), startNats({ syncAlways: false })]);
});
natsTest.afterAll(() =>
  Promise.all([server[Symbol.asyncDispose](), nats[Symbol.asyncDispose]()]).then(() => {})
);

const PARTITIONS = 4;
let count = 0;

const sources: Record<string, () => Promise<Backend>> = {
  memory: () => Promise.resolve(createMemoryBackend({ partitions: PARTITIONS })),
  PostgreSQL: async () => openPostgres({ url: await server.freshStore() }),
  JetStream: () =>
    openNats({
      url: nats.url,
      stream: `SOURCE_${++count}`,
      prefix: `source${count}`,
      partitions: PARTITIONS,
    }),
};

/** A target, and what has arrived there, as ids, cases and versions. */
interface Place extends AsyncDisposable {
  readonly target: (partitions: number) => RelayTarget;
  arrivals(): Promise<ReturnType<typeof arrivalOf>[]>;
}

const places: Record<string, () => Promise<Place>> = {
  async "a file"() {
    const path = await Deno.makeTempFile();
    return {
      target: () => new NdjsonFile(path),
      arrivals: async () => linesOf(await Deno.readTextFile(path)).map((line) => arrivalOf(JSON.parse(line))),
      [Symbol.asyncDispose]: () => Deno.remove(path),
    };
  },
  "an endpoint, in batches": () => endpoint("batch"),
  "an endpoint, one by one": () => endpoint("structured"),
  "a stream": () => Promise.resolve(stream(`TARGET_${++count}`)),
  "the ingest of another store": () => ingest(`OTHER_${++count}`, `other${count}`),
};

function endpoint(mode: "batch" | "structured"): Promise<Place> {
  const receiver = new HttpEndpoint();
  return Promise.resolve({
    target: () => new HttpTarget({ url: receiver.url, mode }),
    arrivals: () => Promise.resolve(firstOfEach(receiver.arrived)),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  });
}

function stream(name: string): Place {
  const prefix = name.toLowerCase();
  const options = { url: nats.url, stream: name, prefix, types: ["case.intake"], writer: "w" } as const;
  return {
    target: (partitions) => new StreamTarget({ ...options, mode: "structured", partitions }),
    async arrivals() {
      const client = await NatsClient.open({ url: nats.url });
      const messages = await Array.fromAsync(readSubject(client, name, `${prefix}.>`));
      await client.close();
      return messages.map(({ payload }) => arrivalOf(JSON.parse(payload)));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A node of the other store takes in what comes. */
async function ingest(name: string, prefix: string): Promise<Place> {
  const store = await openNats({ url: nats.url, stream: name, prefix, partitions: PARTITIONS });
  const stop = new AbortController();
  const node = (async () => {
    const processor = { name: "nobody", version: 1, takes: ["case.completed"] };
    for await (const mailbox of store.mailboxes(processor, stop.signal)) await mailbox.close();
  })();
  const stored = () => Array.fromAsync(store.readAll());
  return {
    target: () => new IngestTarget({ url: nats.url, prefix }),
    async arrivals() {
      await waitUntil(async () => (await stored()).length >= EVENTS);
      return (await stored()).map(({ event, version }) => ({
        ...{ id: event.event_id, caseId: event.correlation_id, version },
      }));
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await node;
      await store.close();
    },
  };
}

/** Sends on what it is given, and says once that it has not. */
function losingAnAnswer(target: RelayTarget): RelayTarget {
  let isLost = false;
  return {
    open: (record) => target.open(record),
    close: () => target.close(),
    async send(events) {
      const result = await target.send(events);
      if (isLost) return result;
      isLost = true;
      throw new TargetUnavailable("the answer was lost");
    },
  };
}

const [CASES, ROUNDS] = [2 * PARTITIONS, 3];
const EVENTS = 2 * CASES * ROUNDS;

for (const [from, open] of Object.entries(sources)) {
  for (const [to, openPlace] of Object.entries(places)) {
    natsTest(`a relay from ${from} to ${to} brings each event once and in order (I1, I2, I3)`, async () => {
      const source = await open();
      await using place = await openPlace();
      for (let round = 0; round < ROUNDS; round++) {
        await appendRound(source, round);
        await relayAll(source, losingAnAnswer(place.target(source.partitions)), `owner-${round}`);
      }
      const stored = new Set((await Array.fromAsync(source.readAll())).map(({ event }) => event.event_id));
      assertEquals(stored.size, EVENTS);
      assertEquals(faultsOfArrivals(to, await place.arrivals(), { stored, known: stored }), []);
      await source.close();
    });
  }
}

/** Two more events of each of two cases of every partition. */
async function appendRound(source: Backend, round: number): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const cases = partitions.flatMap((partition) => casesIn(partition, PARTITIONS, 2));
  await source.append(cases.flatMap((caseId) => [0, 1].map((i) => anEvent(caseId, 2 * round + i))));
}

async function relayAll(source: Backend, target: RelayTarget, owner: string): Promise<void> {
  const shown = (stored: Parameters<typeof toCloudEvent>[0]) =>
    toCloudEvent(stored, stored.event.data, defaultNames);
  const relay = new Relay(source, { name: "pair", to: "there", owner, target, shown });
  await relay.step().catch((error) => assertEquals(error.message, "the answer was lost"));
  while (await relay.step() === "moved");
  await relay.close();
}
