/** A program that may only send in its own name, and reads nothing of the store but how many partitions it has. @module */
import type { WireEvent } from "../../schema/events.ts";
import { partitionsIn } from "../../schema/nats.ts";
import { logName, LogSubjects } from "../../schema/nats/log.ts";
import { BackendUnusable } from "../errors.ts";
import type { AppendResult, ExpectedVersion } from "../event_store.ts";
import type { EventSink } from "../event_sink.ts";
import { NatsClient } from "./connection/client.ts";
import { Appender } from "./journal/append/appender.ts";
import { namesOf, type NatsOptions } from "./setup/options.ts";

/** Connects as a producer, whose events the owners of partitions judge. Throws as `openNats`. */
export async function openNatsProducer(
  options: NatsOptions & { readonly producer: string },
): Promise<EventSink> {
  const { stream, prefix } = namesOf(options);
  const client = await NatsClient.open(options);
  try {
    const { config } = await client.manage(({ streams }) => streams.info(logName(stream)));
    const partitions = partitionsIn(config);
    if (partitions < 1) throw new BackendUnusable(`The stream ${logName(stream)} is not that of a store`);
    return new NatsProducer(client, new LogSubjects(prefix), partitions, options.producer);
  } catch (error) {
    await client.close();
    throw error;
  }
}

class NatsProducer implements EventSink {
  readonly name = "nats";
  readonly #client: NatsClient;
  readonly #appender: Appender;
  readonly #ended = new AbortController();
  /** A node writes the line in the trail: what is refused here was never sent to it. */
  readonly producers = { recordRefusal: () => Promise.resolve() };

  constructor(client: NatsClient, subjects: LogSubjects, partitions: number, producer: string) {
    this.#client = client;
    this.#appender = new Appender({
      requests: client,
      partitions,
      signal: this.#ended.signal,
      subjectOf: (partition) => subjects.append(partition, producer),
      notify: (partition) => client.publish(subjects.written(partition), ""),
      ownerOf: () => undefined,
    });
  }

  append(events: readonly WireEvent[], expected: ExpectedVersion = "any"): Promise<AppendResult> {
    return this.#appender.append(events, expected);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#client.close();
  }
}
