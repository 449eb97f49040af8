/** Figures of the store for monitoring: what was stored, and how JetStream stands. @module */
import { AckPolicy, type ConsumerInfo, DeliverPolicy, type StreamInfo } from "@nats-io/jetstream";
import { allEventTypes } from "../../../schema/events.ts";
import { ingestName } from "../../../schema/nats.ts";
import type { Measurements, NatsFigures } from "../../measurements.ts";
import { isNotFound } from "../connection/errors.ts";
import type { NatsContext } from "../context.ts";

type MeasuringContext = Pick<NatsContext, "client" | "stream" | "subjects">;

const NANOSECONDS_PER_MS = 1_000_000;
/** The server removes a counter that was not asked for so long. */
const COUNTER_IDLE_MS = 120_000;

/** A consumer that stands for a count: the server adds what is stored to its pending messages. */
interface Counter {
  readonly name: string;
  /** What consumers before this one had counted. */
  readonly before: number;
  /** When it was last read, by the server's clock. */
  readonly readAt: string;
}

/**
 * Counts events as they are stored, whoever stores them: for each type a consumer that takes next to nothing. What it was
 * given and what is pending add up to what was stored since it began, read by one request, at no cost to those who write.
 */
export class Measuring {
  readonly #context: MeasuringContext;
  readonly #counters = new Map<string, Counter>();
  readonly #stored = new Map<string, number>();

  constructor(context: MeasuringContext) {
    this.#context = context;
  }

  async measure(): Promise<Measurements> {
    const [figures] = await Promise.all([
      readFigures(this.#context),
      ...allEventTypes.map((type) => this.#count(type)),
    ]);
    return { stored: this.#stored, figures: { ...figures } };
  }

  async #count(type: string): Promise<void> {
    const counter = this.#counters.get(type);
    const info = counter && await this.#read(counter);
    if (info === undefined) return await this.#begin(type);
    this.#counters.set(type, { ...counter!, readAt: timeOf(info) });
    this.#stored.set(type, counter!.before + countOf(info));
    this.#keep(info.name);
  }

  /** Begins to count: now, or where a consumer that is gone was last read. */
  async #begin(type: string): Promise<void> {
    const { client, stream, subjects } = this.#context;
    const [before, since] = [this.#stored.get(type) ?? 0, this.#counters.get(type)?.readAt];
    const info = await client.manage(({ consumers }) =>
      consumers.add(stream, {
        name: `zs-count-${crypto.randomUUID()}`,
        ack_policy: AckPolicy.None,
        filter_subject: subjects.events(type),
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: COUNTER_IDLE_MS * NANOSECONDS_PER_MS,
        ...(since === undefined
          ? { deliver_policy: DeliverPolicy.New }
          : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: since }),
      })
    );
    this.#counters.set(type, { name: info.name, before, readAt: since ?? timeOf(info) });
    this.#stored.set(type, before + countOf(info));
  }

  async #read({ name }: Counter): Promise<ConsumerInfo | undefined> {
    const { client, stream } = this.#context;
    return await client.manage(({ consumers }) => consumers.info(stream, name)).catch((error) => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
  }

  /** A pull is what the server takes for life. It moves one message from the pending to the given ones, if any. */
  #keep(name: string): void {
    const { client, stream } = this.#context;
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`;
    const reply = `${client.inboxPrefix}.${name}`;
    client.publish(subject, JSON.stringify({ batch: 1, no_wait: true }), { reply });
  }
}

const countOf = ({ delivered, num_pending }: ConsumerInfo) => delivered.consumer_seq + num_pending;

const timeOf = (info: ConsumerInfo) => (info as ConsumerInfo & { readonly ts: string }).ts;

async function readFigures({ client, stream }: MeasuringContext): Promise<NatsFigures> {
  const [log, ingest, account] = await Promise.all([
    client.manage(({ streams }) => streams.info(stream)),
    client.manage(({ streams }) => streams.info(ingestName(stream))),
    client.manage((manager) => manager.getAccountInfo()),
  ]);
  return {
    stream_messages: log.state.messages,
    stream_bytes: log.state.bytes,
    stream_consumers: log.state.consumer_count,
    stream_replicas_lagging: laggingReplicas(log),
    ingest_waiting: ingest.state.messages,
    account_storage_bytes: account.storage,
    account_storage_limit_bytes: account.limits.max_storage,
  };
}

function laggingReplicas({ cluster }: StreamInfo): number {
  return (cluster?.replicas ?? []).filter(({ current, offline }) => !current || offline === true).length;
}
