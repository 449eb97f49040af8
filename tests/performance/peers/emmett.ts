/** emmett's reactor on its PostgreSQL event store: a consumer that is given every event, and does nothing with it. @module */
import { asked, Handled, payloads, printRate } from "./job_rate.ts";

const VERSION = "0.42.0";

interface Emmett {
  getPostgreSQLEventStore(url: string): {
    appendToStream(stream: string, events: { type: string; data: unknown }[]): Promise<unknown>;
    close(): Promise<void>;
  };
  postgreSQLEventStoreConsumer(options: {
    connectionString: string;
    pulling: { batchSize: number; pullingFrequencyInMs: number };
  }): {
    reactor(options: { processorId: string; eachMessage: () => void }): unknown;
    start(): Promise<void>;
    stop(): Promise<void>;
  };
}

const SIZE = 500;
const { url, count, seed } = asked();
const { getPostgreSQLEventStore, postgreSQLEventStoreConsumer } = await import(
  `npm:@event-driven-io/emmett-postgresql@${VERSION}`
) as Emmett;
const store = getPostgreSQLEventStore(url);
const events = payloads(count, seed);
for (const data of events) {
  await store.appendToStream(`case-${data.case_id}`, [{ type: "intake", data }]);
}
const handled = new Handled(count);
const consumer = postgreSQLEventStoreConsumer({
  connectionString: url,
  pulling: { batchSize: SIZE, pullingFrequencyInMs: 10 },
});
consumer.reactor({ processorId: `intake-${seed}`, eachMessage: () => handled.add(1) });
handled.start();
consumer.start().catch(() => {});
await handled.done;
printRate({
  name: "emmett reactor",
  version: VERSION,
  configured: `batches of ${SIZE}`,
  per_second: handled.perSecond,
});
