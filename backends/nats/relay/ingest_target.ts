/**
 * The ingest subject of another store: reported types as they are stored. Its nodes take them in by their ids, so what is sent
 * again is stored once.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { ingestSubject, token } from "../../../schema/nats.ts";
import type { OpenedTarget, OutgoingEvent, RelayTarget, SendResult } from "../../relay/target.ts";
import type { NatsCredentials } from "../connection/credentials.ts";
import { NatsClient, parseAnswer } from "../connection/client.ts";
import { asTarget } from "./stream_target.ts";

interface IngestTargetOptions {
  readonly url: string;
  readonly credentials?: NatsCredentials | undefined;
  /** Of the store: `cases`. */
  readonly prefix: string;
  /** The name that a permission binds; default: anyone. */
  readonly producer?: string | undefined;
}

export class IngestTarget implements RelayTarget {
  readonly #options: IngestTargetOptions;
  #client: NatsClient | undefined;

  constructor(options: IngestTargetOptions) {
    this.#options = options;
  }

  async open(): Promise<OpenedTarget> {
    this.#client ??= await asTarget(() => NatsClient.open(this.#options));
    return {};
  }

  /** Messages go out in this order, and an answer means that the stream of ingest has it. */
  async send(events: readonly OutgoingEvent[]): Promise<SendResult> {
    await asTarget(() => Promise.all(events.map((event) => this.#publish(event))));
    return { refused: [] };
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close().catch(() => {});
  }

  async #publish({ stored: { event }, shown }: OutgoingEvent): Promise<void> {
    const { prefix, producer } = this.#options;
    const { event_id, event_type, timestamp, metadata } = event;
    const { schema_version, traceparent, tracestate } = metadata;
    const sent = {
      event_id,
      event_type,
      timestamp,
      data: shown.data,
      metadata: { schema_version, traceparent, tracestate },
    };
    const set = headers();
    set.set("Nats-Msg-Id", event_id);
    const subject = ingestSubject(prefix);
    const answer = await this.#client!.request(
      producer === undefined ? subject : `${subject}.${token(producer)}`,
      JSON.stringify(sent),
      set,
    );
    parseAnswer(answer);
  }
}
